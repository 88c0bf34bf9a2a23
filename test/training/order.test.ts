import { expect, test } from '@jest/globals';
import type { RecordTable } from '../../datasets/recordTable.js';
import { DataOrder } from '../../src/training/order.js';

function table(...files: { count: number; weight: number }[]): RecordTable {
  let first = 0;
  const placed = files.map(({ count, weight }) => {
    const file = { path: 'r', images: 'i', weight, first, count };
    first += count;
    return file;
  });
  return { files: placed, spans: new Float64Array(2 * first) };
}

const epoch = (order: DataOrder, index: number) =>
  Array.from({ length: order.batchesPerEpoch }, (_, i) => [
    ...order.records(index * order.batchesPerEpoch + i),
  ]).flat();

test('each epoch is another permutation, and every seed has its own', () => {
  const order = new DataOrder(table({ count: 40, weight: 1 }), 8, 1);
  const sorted = (records: number[]) => [...records].sort((a, b) => a - b);
  const all = Array.from({ length: 40 }, (_, i) => i);
  expect(sorted(epoch(order, 0))).toEqual(all);
  expect(sorted(epoch(order, 1))).toEqual(all);
  expect(epoch(order, 1)).not.toEqual(epoch(order, 0));
  expect(epoch(new DataOrder(table({ count: 40, weight: 1 }), 8, 2), 0)).not.toEqual(
    epoch(order, 0),
  );
});

test('a batch does not depend on which ones were asked for before', () => {
  const make = () => new DataOrder(table({ count: 21, weight: 1 }), 4, 3);
  const order = make();
  const inOrder = Array.from({ length: 15 }, (_, i) => [...order.records(i)]);
  expect([...make().records(13)]).toEqual(inOrder[13]);
  expect(order.epochOf(13)).toBe(2);
});

test('weights say how often an epoch shows a record', () => {
  const order = new DataOrder(table({ count: 10, weight: 2.5 }, { count: 10, weight: 0.3 }), 1, 1);
  const shown = new Map<number, number>();
  for (const record of epoch(order, 0)) shown.set(record, (shown.get(record) ?? 0) + 1);
  expect(order.epochLength).toBe(28);
  for (let record = 0; record < 10; record++) expect([2, 3]).toContain(shown.get(record));
  expect([...shown.keys()].filter((record) => record >= 10)).toHaveLength(3);
});

test('an epoch that does not fill a batch is refused', () => {
  expect(() => new DataOrder(table({ count: 3, weight: 1 }), 4, 1)).toThrow(
    /do not fill one batch of 4/,
  );
});
