import { type NdArray, ndarray, type TypedArray } from '../src/jit/ndarray.js';

/** Values and shape of an array, in a form that can be posted to another thread. */
export interface PlainArray {
  data: TypedArray;
  shape: number[];
}

/** The same with plain arrays. */
export type Plain<T> = {
  [K in keyof T]: NonNullable<T[K]> extends NdArray ? PlainArray : Plain<T[K]>;
};

/** A batch as the compiled step takes it, from plain arrays. */
export function wrapped<T extends object>(arrays: Plain<T>): T {
  const wrap = (tree: object): object =>
    Object.fromEntries(
      Object.entries(tree).map(([key, value]) => [
        key,
        'shape' in value ? ndarray(value.data, value.shape) : wrap(value),
      ]),
    );
  return wrap(arrays) as T;
}
