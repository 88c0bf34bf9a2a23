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

/** FG-CLIP, or the model for photographs. */
export type ModelFamily = 'fgclip' | 'photos';

/** What `model_type` of config.json says for the model for photographs. */
export const photosType = 'fgdet-photos';

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
  return config?.model_type === photosType ? 'photos' : 'fgclip';
}
