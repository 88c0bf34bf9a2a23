import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import type { NdArray } from '../jit/ndarray.js';
import { CheckpointError } from './checkpointError.js';
import { openSafetensors } from './safetensors.js';

/** The name of a sharded checkpoint's table of contents. */
export const shardIndexName = 'model.safetensors.index.json';

const fileName = z
  .string()
  .regex(/^[\w.-]+\.safetensors$/, 'must be a .safetensors file beside it');
const indexSchema = z.object({ weight_map: z.record(z.string(), fileName) });

/** Which shard holds each tensor, by a Hugging Face `model.safetensors.index.json`. */
export function readShardIndex(path: string): Map<string, string> {
  const index = readJsonFile(
    path,
    indexSchema,
    'an index of safetensors shards',
    mostBytes.settings,
  );
  return new Map(Object.entries(index.weight_map));
}

/**
 * The tensors of a sharded checkpoint, in the index's order; they stay in their files as
 * `openSafetensors` leaves them.
 * @param path a `model.safetensors.index.json`, with its shards beside it.
 * @throws UserError naming the shard that is missing or damaged, or the tensor it lacks.
 */
export function openSharded(path: string): Map<string, NdArray> {
  const shards = new Map<string, Map<string, NdArray>>();
  const tensors = new Map<string, NdArray>();
  for (const [name, shard] of readShardIndex(path)) {
    const file = join(dirname(path), shard);
    if (!shards.has(shard)) shards.set(shard, openShard(file, path));
    const tensor = shards.get(shard)!.get(name);
    if (!tensor) {
      throw new CheckpointError(`${file} lacks the tensor "${name}" that ${path} says it holds.`);
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

function openShard(file: string, index: string): Map<string, NdArray> {
  try {
    return openSafetensors(file);
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(`A shard listed in ${index} cannot be used: ${error.message}`);
  }
}
