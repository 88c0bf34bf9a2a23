import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../files/atomicFile.js';
import { type TensorSource, type WriteOptions, writeSafetensors } from './safetensors.js';

export interface FolderContent extends WriteOptions {
  /** The content of config.json, without the type of its numbers. */
  config: Record<string, unknown>;
  parameters: ReadonlyMap<string, TensorSource>;
  /** Files to put beside the weights, by name: a path to copy, or the content. */
  files?: Record<string, string | Uint8Array>;
}

/**
 * Writes a model folder as Hugging Face has them: model.safetensors, `files`, and last config.json, whose presence thus
 * marks a complete folder. Each file is replaced atomically, and one tensor at a time is in memory.
 */
export async function writeModelFolder(folder: string, content: FolderContent): Promise<void> {
  const { config, parameters, files = {}, dtype = 'F32', metadata } = content;
  await writeSafetensors(join(folder, 'model.safetensors'), parameters, {
    dtype,
    metadata: { format: 'pt', ...metadata },
  });
  for (const [name, source] of Object.entries(files)) {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    await writeAtomically(join(folder, name), (file) => file.writeFile(bytes));
  }
  const torchType = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }[dtype];
  const stored = toJson({ ...config, torch_dtype: torchType });
  await writeAtomically(join(folder, 'config.json'), (file) => file.writeFile(stored));
}

export function toJson(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
