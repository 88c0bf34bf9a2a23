import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../checkpoints/checkpointError.js';
import type { HubOptions } from '../checkpoints/hub.js';
import { openWeights } from '../checkpoints/openWeights.js';
import { resolveModelFolder } from '../checkpoints/resolveFolder.js';
import { type FolderContent, writeModelFolder } from '../checkpoints/writeModelFolder.js';
import type { NdArray } from '../jit/ndarray.js';
import { familyNames, familyOf } from '../modelFamily.js';
import { type FgClip2Config, readFgClip2Config, toFgClip2Json } from './config.js';
import { fromSiglip2, isSiglip2 } from './fromSiglip2.js';
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
 * and every tensor's name and shape checked; values stay in their files until used. A folder of SigLIP 2 (NaFlex) opens
 * as the FG-CLIP 2 model that training would start from it.
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
  const all = isSiglip2(tensors) ? fromSiglip2(tensors, config) : tensors;
  return { folder, config, parameters: checkParameters(config, all, file, options) };
}

/** Writes a model folder (`writeModelFolder`). */
export function saveFgClip2Folder(
  folder: string,
  options: Omit<FolderContent, 'config' | 'parameters'> & Omit<FgClip2Folder, 'folder'>,
): Promise<void> {
  // The reference has these in lists of one.
  const lists = ['logit_scale', 'logit_bias'].map(
    (name) => [name, options.parameters.get(name)!.reshaped([1])] as const,
  );
  return writeModelFolder(folder, {
    ...options,
    config: toFgClip2Json(options.config),
    parameters: new Map([...options.parameters, ...lists]),
  });
}
