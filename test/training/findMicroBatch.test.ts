import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { alone, type Ranks } from '../../src/ranks/ranks.js';
import { findMicroBatch } from '../../training/findMicroBatch.js';
import { goldenBatch, config as sizes } from '../fgclip/goldenBatch.js';
import { goldenFile } from '../golden.js';
import { localRanks } from '../ranks/localRanks.js';
import { tinyConfig } from './tinyRun.js';

const parameters = Object.fromEntries(
  openSafetensors(goldenFile('fgclip-tiny', 'model.safetensors')),
);

const model = { family: 'fgclip', config: sizes } as const;

const find = (ranks: Ranks, available?: number) =>
  findMicroBatch({
    ...{ config: tinyConfig('.'), model, parameters, ranks, share: 4, available },
    batchOf: async (pictures) => {
      // Pictures and captions alone, whose graphs are the soonest compiled.
      const { regions: _, hard: __, ...batch } = goldenBatch('main', [0, pictures]);
      return batch;
    },
  });

test('all of a share is computed at a time where memory allows', async () => {
  expect(await find(alone)).toBe(4);
});

test('ranks take what fits on each of them', async () => {
  const [first, second] = localRanks(2);
  const plenty = 2 ** 40;
  await expect(Promise.all([find(first, plenty), find(second, plenty)])).resolves.toEqual([4, 4]);
  const results = await Promise.allSettled([find(first, plenty), find(second, 0)]);
  for (const { status } of results) expect(status).toBe('rejected');
});

test('where not even one picture fits, the settings to change are named', async () => {
  await expect(find(alone, 0)).rejects.toThrow(/Not even one picture.*imageSize/);
});
