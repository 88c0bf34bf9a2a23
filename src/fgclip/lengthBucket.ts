const lengths = [4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 160, 192, 224];

/**
 * The length that texts of at most `length` tokens are padded to. A compiled function serves one set of
 * shapes, so there are few lengths, close together only where most texts lie.
 * @param limit the longest length there is, itself a bucket.
 */
export function lengthBucket(length: number, limit: number): number {
  return Math.min(limit, lengths.find((bucket) => bucket >= length) ?? limit);
}
