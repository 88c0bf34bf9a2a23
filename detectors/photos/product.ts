/**
 * The dot product of parts of two vectors.
 * @param aStart,bStart where the parts begin.
 */
export function product(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  bStart: number,
  length: number,
): number {
  // Four sums at a time do not wait for one another.
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    sum1 += a[aStart + i] * b[bStart + i];
    sum2 += a[aStart + i + 1] * b[bStart + i + 1];
    sum3 += a[aStart + i + 2] * b[bStart + i + 2];
    sum4 += a[aStart + i + 3] * b[bStart + i + 3];
  }
  for (; i < length; i++) sum1 += a[aStart + i] * b[bStart + i];
  return sum1 + sum2 + (sum3 + sum4);
}
