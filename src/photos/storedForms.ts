import type { FloatForm } from '../checkpoints/safetensors.js';
import type { NdArray } from '../jit/ndarray.js';

/**
 * How the tensors of a model are stored, so that a copy is stored alike. Those of added classes, which are trained,
 * are in float32 whatever they were.
 */
export function storedForms(
  parameters: ReadonlyMap<string, NdArray>,
): Map<string, FloatForm | 'I8'> {
  const forms = { float16: 'F16', bfloat16: 'BF16', int8: 'I8' } as const;
  const stored = new Map<string, FloatForm | 'I8'>();
  for (const [name, { narrow }] of parameters) {
    const form = forms[narrow?.type as keyof typeof forms];
    if (form && !name.startsWith('names.')) stored.set(name, form);
  }
  return stored;
}
