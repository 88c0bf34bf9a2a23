import type { FloatForm, TensorSource } from '../../src/checkpoints/safetensors.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';

/** Tensors by name, and how those are stored that are not in float32. */
export class Weights {
  readonly tensors = new Map<string, TensorSource>();
  readonly dtypes = new Map<string, FloatForm | 'I8'>();

  add(name: string, tensor: NdArray, dtype: FloatForm | 'I8' = 'F32'): void {
    this.tensors.set(name, tensor);
    this.dtypes.set(name, dtype);
  }
}

/** The same values with axes in another order, as tf.transpose has it. */
export function transposed({ data, shape }: NdArray, order: readonly number[]): NdArray {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const newShape = order.map((axis) => shape[axis]);
  const steps = order.map((axis) => strides[axis]);
  const values = new Float32Array(data.length);
  const place = newShape.map(() => 0);
  let source = 0;
  for (let target = 0; target < values.length; target++) {
    values[target] = data[source];
    for (let axis = place.length - 1; axis >= 0; axis--) {
      source += steps[axis];
      if (++place[axis] < newShape[axis]) break;
      source -= steps[axis] * newShape[axis];
      place[axis] = 0;
    }
  }
  return ndarray(values, newShape);
}
