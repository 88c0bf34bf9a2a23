import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '../checkpoints/checkpointError.js';
import type { HubOptions } from '../checkpoints/hub.js';
import { openWeights } from '../checkpoints/openWeights.js';
import { resolveModelFolder } from '../checkpoints/resolveFolder.js';
import { type FolderContent, toJson, writeModelFolder } from '../checkpoints/writeModelFolder.js';
import { toPreprocessorConfig } from '../images/preprocessorConfig.js';
import type { NdArray } from '../jit/ndarray.js';
import { familyNames, familyOf } from '../modelFamily.js';
import { type FgClipConfig, readFgClipConfig, toHuggingFaceConfig } from './config.js';
import { fromOpenAiClip, isPlainClip } from './fromOpenAiClip.js';
import { checkParameters } from './parameters.js';

/** A model as it lies on the disk. */
export interface ModelFolder {
  /** Where its files are; for a model of the Hub a folder of the cache. */
  folder: string;
  config: FgClipConfig;
  /** All parameters by their state-dict names; float32 ones are still in their file. */
  parameters: Map<string, NdArray>;
  /** Whether the weights were plain CLIP's and FG-CLIP's additions were derived from them. */
  fromPlainClip: boolean;
}

/**
 * Opens an FG-CLIP model: a local folder when it exists, else a name at the Hugging Face Hub. The
 * headers are read and every tensor's name and shape checked; values stay in their files until used. A
 * folder of plain CLIP opens as the FG-CLIP model that training would start from it.
 * @throws CheckpointError or UserError naming the file, and the field or tensor at fault.
 */
export async function loadModelFolder(
  pathOrHubId: string,
  options: HubOptions = {},
): Promise<ModelFolder> {
  const folder = await resolveModelFolder(pathOrHubId, options);
  const family = familyOf(folder);
  if (family !== 'fgclip') {
    throw new CheckpointError(
      `${folder} holds ${familyNames[family]}; this takes an FG-CLIP model, such as qihoo360/fg-clip-base.`,
    );
  }
  const config = readFgClipConfig(join(folder, 'config.json'));
  const { tensors, file } = openWeights(folder, readdirSync(folder));
  const fromPlainClip = isPlainClip(tensors);
  const long = tensors.get('text_model.embeddings.position_embedding_res.weight');
  if (long) config.text.longPositions = long.shape[0];
  return {
    folder,
    config,
    parameters: fromPlainClip
      ? fromOpenAiClip(tensors, config, file, options)
      : checkParameters(config, tensors, file, options),
    fromPlainClip,
  };
}

export interface SaveOptions extends Omit<FolderContent, 'config'> {
  config: FgClipConfig;
}

/** Writes a model folder (`writeModelFolder`), with a preprocessor_config.json unless `files` brings one. */
export function saveModelFolder(folder: string, options: SaveOptions): Promise<void> {
  const { config, files } = options;
  const preprocessor = toJson(toPreprocessorConfig(config.vision.imageSize));
  return writeModelFolder(folder, {
    ...options,
    config: toHuggingFaceConfig(config),
    files: { 'preprocessor_config.json': preprocessor, ...files },
  });
}
