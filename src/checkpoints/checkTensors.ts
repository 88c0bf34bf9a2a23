import type { NdArray } from '../jit/ndarray.js';
import { CheckpointError } from './checkpointError.js';

export interface CheckOptions {
  /** Told of tensors that the model has no place for: fine-tuned models may carry some. Default: nobody is. */
  onNotice?: (message: string) => void;
}

/**
 * The tensors of a checkpoint that a model of these names and shapes takes, in the model's order. A number may be
 * stored as [] or as [1]. The `position_ids` buffers that old checkpoints carry are left out.
 * @throws CheckpointError naming the file and every missing and mis-shaped tensor.
 */
export function checkTensors(
  expected: ReadonlyMap<string, readonly number[]>,
  tensors: ReadonlyMap<string, NdArray>,
  file: string,
  { onNotice }: CheckOptions = {},
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
    const isScalar = shape.length === 0 && String(tensor.shape) === '1';
    if (tensor.dtype !== 'float32' || (!isScalar && String(tensor.shape) !== String(shape))) {
      wrong.push(`${name} is ${tensor.dtype} [${tensor.shape}] instead of float32 [${shape}]`);
    }
    checked.set(name, isScalar ? tensor.reshaped([]) : tensor);
  }
  const complaints = [
    ['missing', missing],
    ['of another shape or type than the config says', wrong],
  ] as const;
  const lines = complaints
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `  ${what}: ${abbreviate(names)}`);
  if (lines.length > 0) {
    if (unexpected.length > 0) lines.push(`  not part of this model: ${abbreviate(unexpected)}`);
    throw new CheckpointError(`${file} does not fit its config:\n${lines.join('\n')}`);
  }
  if (unexpected.length > 0) {
    onNotice?.(`${file}: not part of this model, and left out: ${abbreviate(unexpected)}`);
  }
  return checked;
}

function abbreviate(names: readonly string[]): string {
  const shown = 8;
  const rest = names.length > shown ? `; and ${names.length - shown} more` : '';
  return names.slice(0, shown).join('; ') + rest;
}
