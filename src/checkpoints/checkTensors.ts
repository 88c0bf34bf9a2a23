import type { NdArray } from '../jit/ndarray.js';
import { CheckpointError } from './checkpointError.js';

/**
 * The tensors of a checkpoint that a model of these names and shapes takes, in the model's order. The
 * `position_ids` buffers that old checkpoints carry are left out.
 * @throws CheckpointError naming the file and every missing, mis-shaped or unexpected tensor.
 */
export function checkTensors(
  expected: ReadonlyMap<string, readonly number[]>,
  tensors: ReadonlyMap<string, NdArray>,
  file: string,
): Map<string, NdArray> {
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  const unexpected = [...tensors.keys()].filter(
    (name) => !expected.has(name) && !name.endsWith('.position_ids'),
  );
  const wrong: string[] = [];
  const checked = new Map<string, NdArray>();
  for (const [name, shape] of expected) {
    const tensor = tensors.get(name);
    if (!tensor) continue;
    if (tensor.dtype !== 'float32' || String(tensor.shape) !== String(shape)) {
      wrong.push(`${name} is ${tensor.dtype} [${tensor.shape}] instead of float32 [${shape}]`);
    }
    checked.set(name, tensor);
  }
  const complaints = [
    ['missing', missing],
    ['of another shape or type than the config says', wrong],
    ['not part of this model', unexpected],
  ] as const;
  const lines = complaints
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `  ${what}: ${abbreviate(names)}`);
  if (lines.length > 0) {
    throw new CheckpointError(`${file} does not fit its config:\n${lines.join('\n')}`);
  }
  return checked;
}

function abbreviate(names: readonly string[]): string {
  const shown = 8;
  const rest = names.length > shown ? `; and ${names.length - shown} more` : '';
  return names.slice(0, shown).join('; ') + rest;
}
