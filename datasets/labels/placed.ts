/** What is no box, and how many boxes of its picture come before it. */
export interface Placed<T> {
  after: number;
  value: T;
}

/** Boxes with what else there was put back between them. */
export function interleave<T>(boxes: readonly T[], others: readonly Placed<T>[] = []): T[] {
  const all: T[] = [];
  let next = 0;
  boxes.forEach((box, i) => {
    while (next < others.length && others[next].after <= i) all.push(others[next++].value);
    all.push(box);
  });
  for (const { value } of others.slice(next)) all.push(value);
  return all;
}
