/**
 * Items in consecutive batches whose sizes are powers of two: a compiled function serves one number of items, so there
 * are few, and none is filled up.
 * @param most items of a batch, at least 1.
 */
export function inBatches<T>(items: readonly T[], most: number): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < items.length; ) {
    const size = 2 ** Math.floor(Math.log2(Math.min(items.length - start, most)));
    batches.push(items.slice(start, start + size));
    start += size;
  }
  return batches;
}
