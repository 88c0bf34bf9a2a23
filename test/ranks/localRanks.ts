import type { Ranks } from '../../src/ranks/ranks.js';

type Values = Float32Array | Float64Array | Int32Array;

/** Ranks inside one process: each collective call waits until all ranks have made it. */
export function localRanks(size: number): Ranks[] {
  let waiting: { values: Values; resolve: (all: Values[]) => void }[] = [];
  const meet = (rank: number, values: Values) =>
    new Promise<Values[]>((resolve) => {
      waiting[rank] = { values: values.slice(), resolve };
      if (Object.keys(waiting).length < size) return;
      const all = waiting;
      waiting = [];
      for (const { resolve } of all) resolve(all.map(({ values }) => values));
    });
  return Array.from({ length: size }, (_, rank): Ranks => {
    const added = async (values: Values) => {
      const all = await meet(rank, values);
      return values.map((_, i) => all.reduce((sum, other) => sum + other[i], 0));
    };
    return {
      rank,
      size,
      async allGather(own) {
        const all = await meet(rank, own);
        const joined = new (own.constructor as typeof Float32Array)(own.length * size);
        all.forEach((values, i) => {
          joined.set(values, i * own.length);
        });
        return joined as typeof own;
      },
      async sumShare(values) {
        const share = values.length / size;
        return (await added(values)).slice(rank * share, (rank + 1) * share) as Float32Array;
      },
      async sum(values) {
        values.set(await added(values));
      },
      largest: async (value) =>
        Math.max(...(await meet(rank, Float64Array.of(value))).map(([own]) => own)),
      async barrier() {
        await meet(rank, new Float32Array(0));
      },
    };
  });
}
