import { DataOrder, type DataPart } from '../../training/order.js';

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
  const order = new DataOrder(parts({ count: 40, weight: 1 }), {
    batch: 8,
    seed: 1,
    shuffleBuffer: 1000,
  });
  const sorted = (records: number[]) => [...records].sort((a, b) => a - b);
  const all = Array.from({ length: 40 }, (_, i) => i);
  expect(sorted(epoch(order, 0))).toEqual(all);
  expect(sorted(epoch(order, 1))).toEqual(all);
  expect(epoch(order, 1)).not.toEqual(epoch(order, 0));
  expect(
    epoch(
      new DataOrder(parts({ count: 40, weight: 1 }), { batch: 8, seed: 2, shuffleBuffer: 1000 }),
      0,
    ),
  ).not.toEqual(epoch(order, 0));
});

test('a batch does not depend on which ones were asked for before', () => {
  const make = () =>
    new DataOrder(parts({ count: 21, weight: 1 }), { batch: 4, seed: 3, shuffleBuffer: 1000 });
  const order = make();
  const inOrder = Array.from({ length: 15 }, (_, i) => [...order.records(i)]);
  expect([...make().records(13)]).toEqual(inOrder[13]);
  expect(order.epochOf(13)).toBe(2);
});

test('weights say how often an epoch shows a record', () => {
  const order = new DataOrder(parts({ count: 10, weight: 2.5 }, { count: 10, weight: 0.3 }), {
    batch: 1,
    seed: 1,
    shuffleBuffer: 1000,
  });
  const shown = new Map<number, number>();
  for (const record of epoch(order, 0)) shown.set(record, (shown.get(record) ?? 0) + 1);
  expect(order.epochLength).toBe(28);
  for (let record = 0; record < 10; record++) expect([2, 3]).toContain(shown.get(record));
  expect([...shown.keys()].filter((record) => record >= 10)).toHaveLength(3);
});

test('an epoch that does not fill a batch is refused', () => {
  expect(
    () => new DataOrder(parts({ count: 3, weight: 1 }), { batch: 4, seed: 1, shuffleBuffer: 1000 }),
  ).toThrow(/do not fill one batch of 4/);
});

describe('more records than the buffer holds', () => {
  const settings = { batch: 10, seed: 1, shuffleBuffer: 300 };
  const many = parts({ count: 100_000, weight: 1 }, { count: 3000, weight: 2 });

  test('each is shown as often as its weight says', () => {
    const order = new DataOrder(many, settings);
    const shown = new Map<number, number>();
    for (const record of epoch(order, 3)) shown.set(record, (shown.get(record) ?? 0) + 1);
    expect(shown.size).toBe(103_000);
    for (const [record, times] of shown) if (times !== (record < 100_000 ? 1 : 2)) throw record;
  });

  test('any batch can be asked for, and is the same as in order', () => {
    const inOrder = new DataOrder(many, settings);
    const expected = Array.from({ length: 200 }, (_, i) => [...inOrder.records(i)]);
    for (const i of [150, 30, 31, 0, 199]) {
      expect([...new DataOrder(many, settings).records(i)]).toEqual(expected[i]);
    }
  });

  test('a buffer holds neighbours from few places, in no order', () => {
    const order = new DataOrder(many, settings);
    const buffer = Array.from({ length: 30 }, (_, i) => [...order.records(i)]).flat();
    const sorted = [...buffer].sort((a, b) => a - b);
    const stretches = 1 + sorted.filter((record, i) => i > 0 && record > sorted[i - 1] + 1).length;
    expect(stretches).toBeLessThan(10);
    const next = buffer.filter((record, i) => i > 0 && record === buffer[i - 1] + 1).length;
    expect(next).toBeLessThan(15);
  });

  test('a share of the data is another one in each epoch, from all over', () => {
    const order = new DataOrder(parts({ count: 100_000, weight: 0.1 }), settings);
    const [first, second] = [epoch(order, 0), epoch(order, 1)];
    expect(new Set(first).size).toBe(10_000);
    expect(new Set([...first, ...second]).size).toBeGreaterThan(15_000);
    const parts10 = new Set(first.map((record) => Math.floor(record / 10_000)));
    expect(parts10.size).toBeGreaterThan(4);
  });
});

test('no batch mixes Chinese records with others, and an epoch shows both', () => {
  const own = parts({ count: 12, weight: 1 }, { count: 8, weight: 1 }, { count: 4, weight: 1 });
  own[1].chinese = true;
  const order = new DataOrder(own, { batch: 4, seed: 3, shuffleBuffer: 1000 });
  expect(order.batchesPerEpoch).toBe(6);
  const isChinese = (record: number) => record >= 12 && record < 20;
  const kinds = Array.from({ length: 12 }, (_, i) => {
    const [kind, ...others] = [...order.records(i)].map(isChinese);
    expect(others).toEqual([kind, kind, kind]);
    return kind;
  });
  expect(kinds.filter(Boolean)).toHaveLength(4);
  expect([...epoch(order, 1)].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 24 }, (_, i) => i),
  );
  expect(() => new DataOrder(own, { batch: 10, seed: 3, shuffleBuffer: 1000 })).toThrow(
    /8 Chinese records, which do not fill/,
  );
});
