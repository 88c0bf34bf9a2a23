import { join } from 'node:path';
import { UserError } from '../src/errors.js';
import { FgClip2 } from '../src/fgclip2/model.js';
import { loadFgClip2Folder } from '../src/fgclip2/modelFolder.js';
import { FgClip2Patches } from './fgclip2Patches.js';
import type { ModelOptions, OpenedFolder } from './loadOptions.js';
import { readDetectorSettings } from './settings.js';
import { runName } from './textFeatureCache.js';

/** Opens a folder of FG-CLIP 2. @throws UserError naming the file and what is wrong with it */
export async function openFgClip2(folder: string, options: ModelOptions): Promise<OpenedFolder> {
  const model = await loadFgClip2Folder(folder, options);
  const { hiddenSize } = model.config.vision;
  const settings = readDetectorSettings(folder, { family: 'fgclip2', hiddenSize });
  if (settings.network) {
    throw new UserError(
      `${join(folder, 'detector.json')}: network: FG-CLIP 2 takes no proposal network.`,
    );
  }
  const patches = options.patches ?? settings.patches ?? 'dynamic';
  return {
    settings,
    load: () => new FgClip2Patches(new FgClip2(model, options), patches, runName(options)),
  };
}
