const lengths = [...[4, 8, 12, 16, 20, 24, 28, 32], ...[40, 48, 64, 80, 96, 128, 160, 192, 224]];

/**
 * The length that texts of at most `length` tokens are padded to. A compiled step serves one set of
 * shapes, so there are few lengths, close together only where most texts lie.
 * @param limit the longest length there is, itself a bucket.
 */
export function lengthBucket(length: number, limit: number): number {
  return Math.min(limit, lengths.find((bucket) => bucket >= length) ?? limit);
}

/**
 * The number of rows that a table of `count` distinct texts is padded to: a multiple of the number of
 * images, in at most eight sizes up to `most`, the number of texts if no two were the same.
 */
export function textCountBucket(count: number, most: number, images: number): number {
  const step = images * Math.max(1, Math.ceil(most / (8 * images)));
  return Math.min(most, Math.ceil(count / step) * step);
}
