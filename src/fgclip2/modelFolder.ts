import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../checkpoints/checkpointError.js';
import type { HubOptions } from '../checkpoints/hub.js';
import { openWeights } from '../checkpoints/openWeights.js';
import { resolveModelFolder } from '../checkpoints/resolveFolder.js';
import type { NdArray } from '../jit/ndarray.js';
import { familyNames, familyOf } from '../modelFamily.js';
import { type FgClip2Config, readFgClip2Config } from './config.js';
import { checkParameters, tokenTable } from './parameters.js';

/** A model as it lies on the disk. */
export interface FgClip2Folder {
  /** Where its files are; for a model of the Hub a folder of the cache. */
  folder: string;
  config: FgClip2Config;
  /** All parameters by their state-dict names; their values are still in their file. */
  parameters: Map<string, NdArray>;
}

/**
 * Opens an FG-CLIP 2 model: a local folder when it exists, else a name at the Hugging Face Hub. The headers are read
 * and every tensor's name and shape checked; values stay in their files until used.
 * @throws CheckpointError or UserError naming the file, and the field or tensor at fault.
 */
export async function loadFgClip2Folder(
  pathOrHubId: string,
  options: HubOptions = {},
): Promise<FgClip2Folder> {
  const folder = await resolveModelFolder(pathOrHubId, options);
  const family = familyOf(folder);
  if (family !== 'fgclip2') {
    throw new CheckpointError(
      `${folder} holds ${familyNames[family]}; this takes an FG-CLIP 2 model, such as qihoo360/fg-clip2-base.`,
    );
  }
  const { tensors, file } = openWeights(folder, readdirSync(folder));
  const rows = tensors.get(tokenTable)?.shape[0];
  const config = readFgClip2Config(join(folder, 'config.json'), rows);
  return { folder, config, parameters: checkParameters(config, tensors, file, options) };
}
