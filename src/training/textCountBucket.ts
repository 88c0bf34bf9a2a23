/**
 * The number of rows that a table of `count` distinct texts is padded to: a multiple of the number of
 * images, in at most eight sizes up to `most`, the number of texts if no two were the same.
 */
export function textCountBucket(count: number, most: number, images: number): number {
  const step = images * Math.max(1, Math.ceil(most / (8 * images)));
  return Math.min(most, Math.ceil(count / step) * step);
}
