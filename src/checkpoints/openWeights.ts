import { join } from 'node:path';
import type { NdArray } from '../jit/ndarray.js';
import { weightsOf } from './modelFiles.js';
import { openSafetensors } from './safetensors.js';
import { openSharded, shardIndexName } from './sharded.js';

/**
 * The tensors of a model folder, whole or in shards; values stay in their files.
 * @param names of all files in the folder.
 * @returns with the file they were found by, for messages.
 * @throws CheckpointError naming the file and what is wrong with it.
 */
export function openWeights(
  folder: string,
  names: readonly string[],
): { tensors: Map<string, NdArray>; file: string } {
  const file = join(folder, weightsOf(names, folder));
  return {
    file,
    tensors: file.endsWith(shardIndexName) ? openSharded(file) : openSafetensors(file),
  };
}
