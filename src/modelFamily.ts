import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from './checkpoints/checkpointError.js';
import { readJson } from './files/jsonFile.js';
import { packageRoot } from './files/packageRoot.js';
import { mostBytes } from './files/regularFile.js';

/** The model that ships with the package. */
export const shippedModel = join(packageRoot, 'models/photos');

/** What results call it. */
export const shippedName = 'models/photos';

export type ModelFamily = 'fgclip' | 'fgclip2' | 'photos';

/** What messages call them. */
export const familyNames: Readonly<Record<ModelFamily, string>> = {
  fgclip: 'an FG-CLIP model',
  fgclip2: 'an FG-CLIP 2 model',
  photos: 'the model for photographs',
};

/** What `model_type` of config.json says for the model for photographs. */
export const photosType = 'fgdet-photos';

/** And for FG-CLIP 2, and for SigLIP 2, which it starts from as FG-CLIP does from CLIP. */
export const fgclip2Type = 'fgclip2';
export const siglip2Type = 'siglip2';

/**
 * The family of the model in a folder: what its config.json calls `model_type`.
 * @throws CheckpointError for a folder without config.json, UserError for one that cannot be read.
 */
export function familyOf(folder: string): ModelFamily {
  const file = join(folder, 'config.json');
  if (!existsSync(file)) {
    throw new CheckpointError(`${folder} is not a model folder: it has no config.json.`);
  }
  const config = readJson(file, mostBytes.settings) as { model_type?: unknown } | null;
  switch (config?.model_type) {
    case photosType:
      return 'photos';
    case fgclip2Type:
    case siglip2Type:
      return 'fgclip2';
    default:
      return 'fgclip';
  }
}
