import { withRanks } from '../../src/ranks/mpiRanks.js';
import type { Ranks } from '../../src/ranks/ranks.js';

/** What every method of `Ranks` gives on this rank. */
export async function callAll(ranks: Ranks): Promise<object> {
  const { rank, size } = ranks;
  const doubles = Float64Array.of(0.1, rank);
  const floats = new Float32Array(100_000).map((_, i) => i + rank);
  await ranks.sum(doubles);
  await ranks.sum(floats);
  await ranks.barrier();
  return {
    rank,
    size,
    floats: [...(await ranks.allGather(Float32Array.of(rank, 10 * rank)))],
    ints: [...(await ranks.allGather(Int32Array.of(-rank)))],
    share: [...(await ranks.sumShare(new Float32Array(2 * size).map((_, i) => i + rank)))],
    sums: [...doubles, floats[0], floats[99_999]],
    largest: await ranks.largest(rank / 2),
  };
}

if (process.argv[2] === 'run') {
  await withRanks(async (ranks) => {
    const result = await callAll(ranks);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  });
}
