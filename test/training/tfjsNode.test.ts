import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import * as tf from '@tensorflow/tfjs-core';
import { proposalNetwork } from '../../detectors/proposals/network.js';
import { networkConfig } from '../../detectors/proposals/networkConfig.js';
import { initialNetwork } from '../../detectors/proposals/networkWeights.js';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import type { Device } from '../../src/jit/index.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { createRandom } from '../../src/random.js';
import { alone } from '../../src/ranks/ranks.js';
import { averagedStep } from '../../training/averagedStep.js';
import type { TrainState } from '../../training/optimizer.js';
import { createTrainStep } from '../../training/step.js';
import { train } from '../../training/trainer.js';
import type { TrainStep } from '../../training/trainStep.js';
import { config, smallBatch } from '../fgclip/goldenBatch.js';
import { distance, goldenFile, norm } from '../golden.js';
import { tinyConfig, writeTinyData } from './tinyRun.js';

const optimizer = { weightDecay: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 };

/** The state's tensors and those of a batch are there from step to step; nothing else may be. */
const tensors = () => tf.engine().state.numTensors;

/** Trains two steps and returns what is learnt. */
async function learn<Batch>(
  step: TrainStep<Batch>,
  parameters: Record<string, NdArray>,
  batches: readonly Batch[],
  device: Device,
) {
  const zeros = () =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, { shape, size }]) => [
        name,
        ndarray(new Float32Array(size), shape),
      ]),
    );
  let state: TrainState = { parameters, first: zeros(), second: zeros(), step: 0 };
  const told: number[] = [];
  const counts: number[] = [];
  for (let k = 0; k < 2; k++) {
    const result = await step.run(state, () => batches, 1e-3);
    told.push(...Object.values(result.losses), result.gradientNorm);
    state = result.state;
    counts.push(tensors());
  }
  expect(new Set(counts).size).toBe(1);
  const learnt: Record<string, NdArray> = {};
  for (const [name, array] of Object.entries(state.parameters)) {
    expect(array.device !== undefined).toBe(device === 'tfjs-node');
    learnt[name] = await array.read();
  }
  for (const arrays of [state.parameters, state.first, state.second]) {
    for (const array of Object.values(arrays)) array.dispose();
  }
  await step.dispose();
  return { told, learnt };
}

async function expectSame(run: (device: Device) => ReturnType<typeof learn>): Promise<void> {
  const before = tensors();
  const found = await run('tfjs-node');
  expect(tensors()).toBe(before);
  const expected = await run('cpu');
  expect(found.told.length).toBe(expected.told.length);
  found.told.forEach((value, i) => {
    expect(value / expected.told[i]).toBeCloseTo(1, 4);
  });
  for (const [name, value] of Object.entries(expected.learnt)) {
    // Adam divides by the gradient's size, so a gradient that is noise moves its parameter a full step.
    if (name.endsWith('k_proj.bias')) continue;
    const off = distance(found.learnt[name], value) / norm(value);
    expect({ name, off, same: off < 1e-4 }).toMatchObject({ name, same: true });
  }
}

/** The stand-in takes minutes for so many words. */
const real = Boolean(process.env.FGDET_TEST_TFJS_NODE);

describe('steps on tfjs-node keep their state there, and learn what cpu learns', () => {
  (real ? test : test.skip).each([
    ['whole', [smallBatch()]],
    ['in micro-batches', [smallBatch(), smallBatch([2, 4])]],
  ])(
    'FG-CLIP, %s',
    async (_, batches) => {
      const weights = Object.fromEntries(
        openSafetensors(goldenFile('fgclip-tiny', 'model.safetensors')),
      );
      await expectSame((device) => {
        const step = createTrainStep(
          { family: 'fgclip', config },
          {
            ...{ regionalWeight: 0.1, hardWeight: 0.5, ...optimizer, device, ranks: alone },
            ...{ batch: 2 * batches.length, microBatch: 2, regionBatch: 2 },
          },
        );
        return learn(step, weights, batches, device);
      });
    },
    120_000,
  );

  test('a network of convolutions', async () => {
    const random = createRandom('convolutions');
    const network = networkConfig({ channels: 4, convolutions: 1 }, { layers: 6, patchSize: 16 });
    const weights = initialNetwork(network, 8, random);
    const taps = network.taps.map(() =>
      ndarray(
        Float32Array.from({ length: 2 * 3 * 8 }, () => random.normal()),
        [1, 2, 3, 8],
      ),
    );
    await expectSame((device) => {
      const step = averagedStep<{ taps: tf.Tensor4D[] }>(
        (parameters, batch) => ({
          total: tf.mean(tf.square(proposalNetwork(parameters, network, batch.taps))) as tf.Scalar,
        }),
        { ...optimizer, device, ranks: alone, microBatches: 1 },
      );
      return learn(step, weights, [{ taps }], device);
    });
  });
});

describe('a run on tfjs-node', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fgdet-tfjs-node-'));
    await writeTinyData(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['micro-batches', { microBatch: 1 }],
    ['as much as fits at a time', { microBatch: 'auto' }],
  ])('of %s learns what one on cpu does, and leaves no tensor behind', async (kind, changes) => {
    const run = (device: Device) => {
      const output = join(folder, kind, device);
      const short = { stage: 1, batch: 2, steps: 2, warmupSteps: 0 };
      return train(tinyConfig(folder, { ...short, ...changes, device, output }), {
        stream: new PassThrough().resume() as unknown as NodeJS.WriteStream,
      });
    };
    const before = tensors();
    const found = await run('tfjs-node');
    expect(tensors()).toBe(before);
    const expected = await run('cpu');
    expect(found.losses!.total / expected.losses!.total).toBeCloseTo(1, 4);
    const weights = (checkpoint: string) => openSafetensors(join(checkpoint, 'model.safetensors'));
    const learnt = weights(found.checkpoint);
    for (const [name, value] of weights(expected.checkpoint)) {
      if (name.endsWith('k_proj.bias')) continue;
      expect(distance(learnt.get(name)!, value)).toBeLessThan(1e-4 * Math.max(norm(value), 1));
    }
  });
});
