import { expect, test } from '@jest/globals';
import { DataOrder, type DataPart } from '../../src/training/order.js';

function parts(...sizes: { count: number; weight: number }[]): DataPart[] {
  let first = 0;
  return sizes.map(({ count, weight }) => {
    const part = { first, count, weight };
    first += count;
    return part;
  });
}

const epoch = (order: DataOrder, index: number) =>
  Array.from({ length: order.batchesPerEpoch }, (_, i) => [
    ...order.records(index * order.batchesPerEpoch + i),
  ]).flat();

test('each epoch is another permutation, and every seed has its own', () => {
  const order = new DataOrder(parts({ count: 40, weight: 1 }), 8, 1);
  const sorted = (records: number[]) => [...records].sort((a, b) => a - b);
  const all = Array.from({ length: 40 }, (_, i) => i);
  expect(sorted(epoch(order, 0))).toEqual(all);
  expect(sorted(epoch(order, 1))).toEqual(all);
  expect(epoch(order, 1)).not.toEqual(epoch(order, 0));
  expect(epoch(new DataOrder(parts({ count: 40, weight: 1 }), 8, 2), 0)).not.toEqual(
    epoch(order, 0),
  );
});

test('a batch does not depend on which ones were asked for before', () => {
  const make = () => new DataOrder(parts({ count: 21, weight: 1 }), 4, 3);
  const order = make();
  const inOrder = Array.from({ length: 15 }, (_, i) => [...order.records(i)]);
  expect([...make().records(13)]).toEqual(inOrder[13]);
  expect(order.epochOf(13)).toBe(2);
});

test('weights say how often an epoch shows a record', () => {
  const order = new DataOrder(parts({ count: 10, weight: 2.5 }, { count: 10, weight: 0.3 }), 1, 1);
  const shown = new Map<number, number>();
  for (const record of epoch(order, 0)) shown.set(record, (shown.get(record) ?? 0) + 1);
  expect(order.epochLength).toBe(28);
  for (let record = 0; record < 10; record++) expect([2, 3]).toContain(shown.get(record));
  expect([...shown.keys()].filter((record) => record >= 10)).toHaveLength(3);
});

test('an epoch that does not fill a batch is refused', () => {
  expect(() => new DataOrder(parts({ count: 3, weight: 1 }), 4, 1)).toThrow(
    /do not fill one batch of 4/,
  );
});
