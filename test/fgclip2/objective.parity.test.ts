import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { type FgClip2Batch, fgclip2Objective } from '../../src/fgclip2/objective.js';
import { type Arrays, jit } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { objectiveLosses } from '../../src/nn/objective.js';
import type { Tensors } from '../../training/adamw.js';
import { valueAndGradients } from '../../training/gradients.js';
import { device } from '../device.js';
import { expectWithin, goldenFile, goldenJson, largestDifference, norm } from '../golden.js';
import { goldenBatch } from './goldenBatch.js';
import { trainedConfig as config, trainedWeights as weights } from './trainedModel.js';

const golden = 'fgclip2-tiny';
const cases = goldenJson<Record<string, Record<string, number>>>(golden, 'train_losses.json');

const objective = fgclip2Objective(config, {
  ...{ regionalWeight: 0.2, textContrastWeight: 0.1, hardWeight: 0.5 },
});

const differentiate = jit(
  function gradients(parameters: Tensors, batch: FgClip2Batch) {
    const { value, gradients } = valueAndGradients(
      (tensors) => objectiveLosses(objective, tensors, batch),
      parameters,
    );
    return { losses: { ...value }, gradients };
  },
  { device, cacheSize: 2 },
);

type Found = { losses: Record<string, NdArray>; gradients: Record<string, NdArray> };

const run = async (batch: Arrays<FgClip2Batch>) =>
  (await differentiate(weights, batch)) as unknown as Found;

const names = {
  total: 'total',
  sigmoid_long: 'imageTextLong',
  sigmoid_short: 'imageTextShort',
  box_infonce: 'regional',
  tic: 'textContrast',
  hard_total: 'hardNegative',
  hard_contrastive: 'hardContrastive',
  hard_pair: 'hardPair',
  cmr: 'hardMargin',
  gap: 'hardGap',
};

function expectLosses({ losses }: Found, expected: Record<string, number>): void {
  for (const [name, own] of Object.entries(names)) {
    if (expected[name] === undefined) continue;
    const off = Math.abs(losses[own].data[0] - expected[name]);
    expectWithin(golden, `loss ${name}`, off / Math.max(1, Math.abs(expected[name])), 2e-6);
  }
}

/** Of gradients up to a length of 34, so that the allowed difference is a millionth of it. */
function expectGradients({ gradients }: Found, prefix: string, file: string): void {
  const listed = [...openSafetensors(goldenFile(golden, file))].filter(([key]) =>
    key.startsWith(prefix),
  );
  expect(listed.length).toBeGreaterThan(0);
  for (const [key, expected] of listed) {
    const name = key.slice(prefix.length);
    const found = gradients[name];
    const off = found ? largestDifference(found.reshape(expected.shape), expected) : norm(expected);
    expectWithin(golden, `gradient ${key}`, off, 2e-5);
  }
}

function expectNorm({ gradients }: Found, expected: number): void {
  const found = Math.hypot(...Object.values(gradients).map(norm));
  expectWithin(golden, 'gradient norm', Math.abs(found / expected - 1), 1e-5);
}

const margin = (value: number) => ndarray(Float32Array.of(value), []);

function mainBatch(threshold = 0) {
  const batch = goldenBatch('main');
  return { ...batch, hard: { ...batch.hard!, margin: margin(threshold) } };
}

test('main: every loss, and the gradient of every parameter', async () => {
  const found = await run(mainBatch());
  expectLosses(found, cases.main);
  expectNorm(found, cases.main.gradient_norm);
  expectGradients(found, '', 'train_grads.safetensors');
  const without = Object.keys(weights).filter((name) => !found.gradients[name]);
  expect(without).toEqual(cases.parameters_without_gradient);
  const losses = Object.fromEntries(
    Object.entries(found.losses).map(([name, { data }]) => [name, data[0]]),
  );
  expect(objective.nextMargin!(losses)).toBeCloseTo(cases.main.threshold_after, 6);
});

test('with the margin of the step before', async () => {
  const found = await run(mainBatch(cases.main.threshold_after));
  expectLosses(found, cases.main_with_threshold);
  expectNorm(found, cases.main_with_threshold.gradient_norm);
  expectGradients(found, 'main_with_threshold.', 'train_grads_more.safetensors');
});

test('without hard negatives', async () => {
  const found = await run(goldenBatch('no_hard'));
  expectLosses(found, cases.no_hard);
  expectNorm(found, cases.no_hard.gradient_norm);
  expectGradients(found, 'no_hard.', 'train_grads_more.safetensors');
});

test('captions alone', async () => {
  const { regions: _, hard: __, ...batch } = goldenBatch('main');
  const found = await run(batch);
  expectLosses(found, cases.global_only);
  expectNorm(found, cases.global_only.gradient_norm);
  expectGradients(found, 'global_only.', 'train_grads_more.safetensors');
});

test('fewer than ten regions are compared as far as there are, and one hard region counts', async () => {
  const batch = goldenBatch('no_hard', [0, 4], { regions: [2, 1, 1, 1] });
  const five = await run(batch);
  expectLosses(five, {
    ...{ box_infonce: cases.reference_quirk_5_regions.box_infonce },
    ...{ sigmoid_long: cases.no_hard.sigmoid_long, sigmoid_short: cases.no_hard.sigmoid_short },
  });
  expect(five.losses.textContrast.data[0]).toBeGreaterThan(Math.log(5));
  expect(five.losses.textContrast.data[0]).toBeLessThan(Math.log(5) + 1);

  const one = goldenBatch('main', [0, 4], { hard: [1, 0, 0, 0] });
  const { losses } = await run({ ...one, hard: { ...one.hard!, margin: margin(0.25) } });
  const value = (name: string) => losses[name].data[0];
  // One true text against one region is no choice, and its own texts are all there are.
  expect(value('hardContrastive')).toBeCloseTo(value('hardPair') / 2, 5);
  expect(value('hardPair')).toBeGreaterThan(0.5);
  expect(value('hardMargin')).toBeGreaterThan(0);
});

test('no regions at all give zero, and leave the margin', async () => {
  const none = goldenBatch('main', [0, 4], {
    ...{ regions: [0, 0, 0, 0], hard: [0, 0, 0, 0] },
  });
  const found = await run({ ...none, hard: { ...none.hard!, margin: margin(0.75) } });
  expectLosses(found, { ...cases.global_only, box_infonce: 0, tic: 0, hard_total: 0, cmr: 0 });
  expectNorm(found, cases.global_only.gradient_norm);
  expect(found.losses.hardGap.data[0]).toBe(0.75);
});
