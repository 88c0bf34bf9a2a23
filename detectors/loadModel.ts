import { resolveModelFolder } from '../src/checkpoints/resolveFolder.js';
import { UserError } from '../src/errors.js';
import { familyNames, familyOf } from '../src/modelFamily.js';
import type { LoadedModel, ModelOptions, WantedSource } from './loadOptions.js';

/**
 * Loads a model of any family for detection: the one place where families are told apart.
 * @param source where its regions are to come from.
 * @throws UserError naming the file and what is wrong with it, or the device or source that is missing.
 */
export async function loadFeatureModel(
  folderOrHubId: string,
  options: ModelOptions = {},
  source: WantedSource = 'none',
): Promise<LoadedModel> {
  const folder = await resolveModelFolder(folderOrHubId, options);
  const family = familyOf(folder);
  if (options.patches !== undefined && family !== 'fgclip2') {
    throw new UserError(
      `${folder} holds ${familyNames[family]}; a number of patches can be told to FG-CLIP 2 only.`,
    );
  }
  switch (family) {
    case 'photos': {
      const { loadPhotos } = await import('./photos/loadPhotos.js');
      return loadPhotos(folder, options, source);
    }
    case 'fgclip':
    case 'fgclip2': {
      const { loadContrast } = await import('./loadContrast.js');
      return loadContrast(folder, family, options, source);
    }
  }
}
