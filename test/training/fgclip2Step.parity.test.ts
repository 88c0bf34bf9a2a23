import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import type { NdArray } from '../../src/jit/ndarray.js';
import { goldenBatch } from '../fgclip2/goldenBatch.js';
import { trainedConfig as config, trainedWeights as weights } from '../fgclip2/trainedModel.js';
import { expectWithin, goldenFile, goldenJson, largestDifference } from '../golden.js';
import { localRanks } from '../ranks/localRanks.js';
import { expectSameGradients, GradientSteps } from './stepGradients.js';

const golden = 'fgclip2-tiny';
const steps = new GradientSteps({ family: 'fgclip2', config }, weights, {
  ...{ regionalWeight: 0.2, hardWeight: 0.5 },
});
afterAll(() => steps.dispose());

const { main, ...cases } = goldenJson<
  Record<'main' | 'world_size_2_gather', Record<string, number>> & {
    world_size_2_gather: { rank_losses: Record<string, number>[] };
  }
>(golden, 'train_losses.json');

/** The main batch in parts; each part has as much room for patches as its own largest picture needs. */
const parts = (size: number, [first, end] = [0, 4]) =>
  Array.from({ length: (end - first) / size }, (_, i) =>
    goldenBatch('main', [first + i * size, first + (i + 1) * size]),
  );

// Of the key third of a head's bias the gradient is zero in exact arithmetic, so wholes are compared.
const expectSame = (actual: Record<string, NdArray>, expected: Record<string, NdArray>) =>
  expectSameGradients(golden, actual, expected, 2e-5);

test('a step in micro-batches has the gradient of the whole batch, and the margin goes on', async () => {
  const shape = { batch: 4, regionBatch: 4 };
  const whole = await steps.of(parts(4), { ...shape, microBatch: 4 }, { margin: 0.1 });
  const found = await steps.of(parts(2), { ...shape, microBatch: 2 }, { margin: 0.1 });
  expect(whole.margin).toBeCloseTo(main.threshold_after, 6);
  expect(found.margin).toBeCloseTo(main.threshold_after, 6);
  expect(Object.keys(found.losses).sort()).toEqual(Object.keys(whole.losses).sort());
  for (const [part, loss] of Object.entries(whole.losses)) {
    expect(found.losses[part]).toBeCloseTo(loss, 5);
  }
  expectSame(found.gradients, whole.gradients);
});

test("a step has the gradients of the reference, of every token's row as well", async () => {
  const shape = { batch: 4, microBatch: 4, regionBatch: 4 };
  const { gradients } = await steps.of(parts(4), shape);
  const expected = openSafetensors(goldenFile(golden, 'train_grads.safetensors'));
  expect([...expected.keys()].sort()).toEqual(Object.keys(gradients).sort());
  for (const [name, gradient] of expected) {
    const own = gradients[name].reshape(gradient.shape);
    expectWithin(golden, `gradient in a step ${name}`, largestDifference(own, gradient), 2e-5);
  }
});

test('two ranks have the gradients of the reference for captions', async () => {
  const found = await Promise.all(
    localRanks(2).map((ranks) => {
      const [{ regions: _, hard: __, ...batch }] = parts(2, [2 * ranks.rank, 2 * ranks.rank + 2]);
      return steps.of([batch], { batch: 4, microBatch: 2, regionBatch: 2 }, { ranks });
    }),
  );
  const { rank_losses } = cases.world_size_2_gather;
  const mean = (name: string) => rank_losses.reduce((sum, rank) => sum + rank[name] / 2, 0);
  const expected = openSafetensors(goldenFile(golden, 'train_grads_world2.safetensors'));
  expect(expected.size).toBe(5);
  for (const { losses, gradients } of found) {
    expect(losses.imageTextLong).toBeCloseTo(mean('sigmoid_long'), 5);
    expect(losses.imageTextShort).toBeCloseTo(mean('sigmoid_short'), 5);
    expect(losses.total).toBeCloseTo(mean('total'), 5);
    for (const [name, gradient] of expected) {
      const own = gradients[name.replace('world2.', '')].reshape(gradient.shape);
      expectWithin(golden, `gradient ${name}`, largestDifference(own, gradient), 2e-5);
    }
  }
});

test('two ranks have the gradients, and the margin, of one process that compares as many regions', async () => {
  const shape = { batch: 4, regionBatch: 2 };
  const alone = await steps.of(parts(4), { ...shape, microBatch: 4 }, { margin: 0.1 });
  const found = await Promise.all(
    localRanks(2).map((ranks) => {
      const own = parts(1, [2 * ranks.rank, 2 * ranks.rank + 2]);
      return steps.of(own, { ...shape, microBatch: 1 }, { ranks, margin: 0.1 });
    }),
  );
  for (const { losses, gradients, margin } of found) {
    expect(margin).toBeCloseTo(alone.margin!, 6);
    for (const [part, loss] of Object.entries(alone.losses)) {
      expect(losses[part]).toBeCloseTo(loss, 5);
    }
    expectSame(gradients, alone.gradients);
  }
});
