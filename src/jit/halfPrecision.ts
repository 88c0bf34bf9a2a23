import { type NarrowForm, NdArray } from './ndarray.js';

const floatView = new Float32Array(1);
const bitsView = new Int32Array(floatView.buffer);

/** float32 values of bfloat16 bit patterns; exact. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}

/** bfloat16 bit patterns nearest to `values`, ties to even. A NaN stays a NaN. */
export function toBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = words[i];
    const notANumber = (word & 0x7fffffff) > 0x7f800000;
    bits[i] = notANumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/** float32 values of IEEE float16 bit patterns; exact. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const sign = (bits[i] & 0x8000) << 16;
    const exponent = (bits[i] >>> 10) & 0x1f;
    const fraction = bits[i] & 0x3ff;
    if (exponent === 0) {
      values[i] = fraction * 2 ** -24;
      words[i] |= sign;
    } else {
      const widened = exponent === 0x1f ? 0xff : exponent + 112;
      words[i] = sign | (widened << 23) | (fraction << 13);
    }
  }
  return values;
}

/** IEEE float16 bit patterns nearest to `values`, ties to even; beyond ±65504 (rounded) infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = halfBits(values[i]);
  return bits;
}

function halfBits(value: number): number {
  floatView[0] = value;
  const word = bitsView[0];
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Adding 0.5 leaves the value's multiple of 2^-24, correctly rounded, in the lowest bits.
    floatView[0] = Math.abs(value) + 0.5;
    return sign | (bitsView[0] - 0x3f000000);
  }
  // A carry out of the fraction raises the exponent, up to infinity, as it should.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

function sixteenBits(type: NarrowForm['type'], decode: (bits: Uint16Array) => Float32Array) {
  const view = (bytes: Uint8Array) =>
    decode(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2));
  return { type, bytesPerValue: 2, decode: view } satisfies NarrowForm;
}

/** How arrays lie in memory and in files in half precision. */
export const float16 = sixteenBits('float16', fromFloat16);
export const bfloat16 = sixteenBits('bfloat16', fromBfloat16);

/** Arrays up to this many values are not worth it. */
const fewestHalved = 2 ** 14;

/**
 * The array in float16. One that is small, stored in a shorter form already, or has values beyond float16
 * stays as it is.
 */
export function halved(array: NdArray): NdArray {
  if (array.dtype !== 'float32' || array.narrow || array.size <= fewestHalved) return array;
  const bits = toFloat16(array.data as Float32Array);
  for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7c00) === 0x7c00) return array;
  return NdArray.fromNarrow(new Uint8Array(bits.buffer), float16, array.shape);
}
