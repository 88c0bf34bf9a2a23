import { type DType, NdArray, sizeOf } from './ndarray.js';

/** An argument for tracing: an array of a shape, whose values nobody reads. */
export function placeholder(shape: readonly number[], dtype: DType): NdArray {
  const size = sizeOf(shape);
  return NdArray.fromData(
    dtype === 'int32' ? new Int32Array(size) : new Float32Array(size),
    shape,
    dtype,
  );
}
