import type { NarrowForm } from './ndarray.js';

/** Whole numbers from -128 to 127 in a byte each: quantised weights, to be multiplied with their scales. */
export const int8: NarrowForm = {
  type: 'int8',
  bytesPerValue: 1,
  decode: (bytes) =>
    Float32Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
};
