import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import type { TrainingBatch } from '../../training/stepOptions.js';
import { config, goldenBatch } from '../fgclip/goldenBatch.js';
import { goldenFile, goldenJson } from '../golden.js';
import { localRanks } from '../ranks/localRanks.js';
import { expectSameGradients, GradientSteps } from './stepGradients.js';

const weights = Object.fromEntries(openSafetensors(goldenFile('fgclip-tiny', 'model.safetensors')));

const steps = new GradientSteps({ family: 'fgclip', config }, weights, {
  ...{ regionalWeight: 0.1, hardWeight: 0.5 },
});
afterAll(() => steps.dispose());

const gradientsOf = steps.of.bind(steps);

const expectSame = (
  actual: Record<string, NdArray>,
  expected: Record<string, NdArray>,
  tolerance: number,
) => expectSameGradients('fgclip-tiny-train', actual, expected, tolerance);

/** jest compares long arrays slowly. */
const bytes = ({ buffer, byteOffset, byteLength }: NdArray['data']) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

const names = ['main', 'edge_no_hard', 'edge_no_boxes'];
const halves = (name: string) => [goldenBatch(name, [0, 2]), goldenBatch(name, [2, 4])];

describe('a step in micro-batches', () => {
  test.each(names)('has the gradient of the whole batch: %s', async (name) => {
    const whole = await gradientsOf([goldenBatch(name)], {
      ...{ batch: 4, microBatch: 4, regionBatch: 4 },
    });
    const parts = await gradientsOf(halves(name), { batch: 4, microBatch: 2, regionBatch: 4 });
    for (const [part, loss] of Object.entries(whole.losses)) {
      expect(parts.losses[part]).toBeCloseTo(loss, 5);
    }
    expectSame(parts.gradients, whole.gradients, 1e-5);
    expect(parts.gradientNorm / whole.gradientNorm).toBeCloseTo(1, 5);
  });

  test('also for stage 1, and where equal texts are not negatives', async () => {
    const identity = (texts: number[]) => ndarray(Int32Array.from(texts), [texts.length]);
    const stage1 = (
      { regions, hard, ...batch }: TrainingBatch,
      long: number[],
      short: number[],
    ) => ({
      ...batch,
      identity: { long: identity(long), short: identity(short) },
    });
    const whole = stage1(goldenBatch('main'), [5, 6, 5, 7], [1, 1, 2, 1]);
    const [first, second] = halves('main');
    const parts = [stage1(first, [5, 6], [1, 1]), stage1(second, [5, 7], [2, 1])];
    const shape = { batch: 4, regionBatch: 4 };
    const expected = await gradientsOf([whole as TrainingBatch], { ...shape, microBatch: 4 });
    const plain = await gradientsOf([goldenBatch('main')], { ...shape, microBatch: 4 });
    expect(expected.losses.imageTextShort).toBeLessThan(plain.losses.imageTextShort);
    const found = await gradientsOf(parts as TrainingBatch[], { ...shape, microBatch: 2 });
    expectSame(found.gradients, expected.gradients, 1e-5);
  });

  test('regions are compared within their own group of pictures', async () => {
    const shape = { batch: 4, microBatch: 4, regionBatch: 2 };
    const { gradients } = await gradientsOf([goldenBatch('main')], shape);
    const golden = openSafetensors(goldenFile('fgclip-tiny-train', 'grads_world2.safetensors'));
    expectSame(gradients, Object.fromEntries(golden), 1e-4);
  });
});

describe('two ranks', () => {
  const golden = Object.fromEntries(
    openSafetensors(goldenFile('fgclip-tiny-train', 'grads_world2.safetensors')),
  );
  const { main } = goldenJson<{
    main: { world_size_2: { rank_losses: Record<string, number>[] } };
  }>('fgclip-tiny-train', 'losses.json');

  test.each([2, 1])('have the gradients of the reference, %i pictures at a time', async (size) => {
    const found = await Promise.all(
      localRanks(2).map((ranks) => {
        const first = 2 * ranks.rank;
        const micros = Array.from({ length: 2 / size }, (_, i) =>
          goldenBatch('main', [first + i * size, first + (i + 1) * size]),
        );
        return gradientsOf(micros, { batch: 4, microBatch: size, regionBatch: 2 }, { ranks });
      }),
    );
    for (const { gradients, losses } of found) {
      expectSame(gradients, golden, 1e-4);
      const mean = (name: string) =>
        main.world_size_2.rank_losses.reduce((sum, rank) => sum + rank[name] / 2, 0);
      expect(losses.imageTextLong).toBeCloseTo(mean('image_text_long'), 4);
      expect(losses.imageTextShort).toBeCloseTo(mean('image_text_short'), 4);
      expect(losses.regional).toBeCloseTo(mean('regional'), 4);
      expect(losses.hardNegative).toBeCloseTo(mean('hard_negative'), 4);
      expect(losses.total).toBeCloseTo(mean('total'), 4);
    }
    // The ranks' weights stay equal to the bit.
    for (const [name, gradient] of Object.entries(found[0].gradients)) {
      const [first, second] = [gradient, found[1].gradients[name]].map(({ data }) => bytes(data));
      expect({ name, same: first.equals(second) }).toEqual({ name, same: true });
    }
  });
});
