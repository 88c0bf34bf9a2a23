import { execFileSync } from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { textFeatures } from '../../src/fgclip/text.js';
import { denseFeatures, encodePixels, globalFeatures } from '../../src/fgclip/vision.js';
import { attention } from '../../src/jit/fused.js';
import { type Device, jit, type NdArray, ndarray } from '../../src/jit/index.js';
import { alone } from '../../src/ranks/ranks.js';
import type { TrainState } from '../../training/optimizer.js';
import { createTrainStep } from '../../training/step.js';
import { config, smallBatch } from '../fgclip/goldenBatch.js';
import { goldenFile } from '../golden.js';
import { operators } from './operators/all.js';
import { expectClose, expectSameAsEager } from './operators/harness.js';

/** Set where there is an adapter: a GPU, or SwiftShader, which is slow. */
const enabled = Boolean(process.env.FGDET_TEST_WEBGPU);

(process.platform === 'linux' ? test : test.skip)(
  'without an adapter the error says what is missing, and the process lives on',
  () => {
    const script = `
      const { jit, ndarray } = await import(${JSON.stringify(new URL('../../src/jit/index.js', import.meta.url).href)});
      const { UserError } = await import(${JSON.stringify(new URL('../../src/errors.js', import.meta.url).href)});
      const x = ndarray(Float32Array.of(1, 2), [2]);
      const attempt = (device) => jit((y) => y, { device })(x);
      const error = await attempt('webgpu').catch((thrown) => thrown);
      const again = await attempt('webgpu').catch((thrown) => thrown);
      const cpu = await attempt('cpu');
      console.log(JSON.stringify({
        forUsers: error instanceof UserError && again instanceof UserError,
        message: error.message,
        cpu: [...cpu.data],
      }));`;
    const none = { VK_ICD_FILENAMES: '/nonexistent.json', VK_DRIVER_FILES: '/nonexistent.json' };
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, ...none },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(JSON.parse(output)).toEqual({
      forUsers: true,
      message: expect.stringMatching(/"webgpu" found no graphics adapter.*Vulkan/),
      cpu: [1, 2],
    });
  },
);

(enabled ? describe : describe.skip)('webgpu', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  /** Trigonometry is as exact as the driver makes it; a power of a negative number is not always NaN. */
  const tolerances: Record<string, number> = { Sin: 1e-3, Cos: 1e-3 };
  const differing = new Set(['Pow int32 and float32']);

  describe.each(Object.keys(operators))('%s', (name) => {
    for (const { title, calls, gradient, tolerance = tolerances[name] } of operators[name]) {
      if (differing.has(`${name} ${title}`)) continue;
      test(
        title,
        () =>
          fc.assert(
            fc.asyncProperty(fc.array(calls, { minLength: 2, maxLength: 2 }), (list) =>
              expectSameAsEager(list, 'webgpu', { gradient, tolerance }),
            ),
            { numRuns: 1, seed: 20, endOnFailure: true },
          ),
        120_000,
      );
    }
  });

  /** The same function on both devices. */
  async function expectSameAsCpu<A extends unknown[]>(
    fn: (...args: A) => tf.Tensor,
    args: readonly unknown[],
    tolerance = 1e-5,
  ): Promise<void> {
    const results: NdArray[] = [];
    for (const device of ['cpu', 'webgpu'] as const) {
      const compiled = jit(fn, { device });
      results.push((await compiled(...(args as never))) as NdArray);
      await compiled.dispose();
    }
    expectClose(results[1], results[0], tolerance, 'webgpu');
  }

  const noise = (...shape: number[]) =>
    ndarray(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * i)),
      shape,
    );

  test.each([
    [40, 40, false],
    [40, 40, true],
    [1, 70, false],
    [70, 40, true],
  ])(
    'attention of %i queries to %i keys, causal: %s',
    async (queries, keys, causal) => {
      const args = [noise(2, queries, 32), noise(2, keys, 32), noise(2, keys, 32)];
      await expectSameAsCpu(
        (q: tf.Tensor3D, k: tf.Tensor3D, v: tf.Tensor3D) =>
          attention(q, k, v, { heads: 2, causal }),
        args,
      );
    },
    120_000,
  );

  const weights = Object.fromEntries(
    openSafetensors(goldenFile('fgclip-tiny', 'model.safetensors')),
  );

  test('FG-CLIP’s features', async () => {
    const { pixels, shortIds, shortEnd } = smallBatch();
    const { vision, text } = config;
    await expectSameAsCpu(
      (w: Record<string, tf.Tensor>, x: tf.Tensor4D) =>
        globalFeatures(w, vision, encodePixels(w, vision, x)),
      [weights, pixels],
    );
    await expectSameAsCpu(
      (w: Record<string, tf.Tensor>, x: tf.Tensor4D) =>
        denseFeatures(w, vision, encodePixels(w, vision, x)),
      [weights, pixels],
    );
    await expectSameAsCpu(
      (w: Record<string, tf.Tensor>, ids: tf.Tensor2D, ends: tf.Tensor1D) =>
        textFeatures(w, text, { ids, ends }, 'short'),
      [weights, shortIds, shortEnd],
    );
  }, 300_000);

  test('weights in float16', async () => {
    const table = ndarray(
      Float32Array.from({ length: 400 * 48 }, (_, i) => Math.sin(i)),
      [400, 48],
    );
    const x = ndarray(
      Float32Array.from({ length: 96 }, (_, i) => Math.cos(i)),
      [2, 48],
    );
    const product = (weight: tf.Tensor2D, rows: tf.Tensor2D) =>
      tf.matMul(rows, weight, false, true);
    const run = async (device: Device) => {
      const compiled = jit(product, { device, constants: [table], precision: 'float16' });
      const result = await (compiled as unknown as (x: NdArray) => Promise<NdArray>)(x);
      await compiled.dispose();
      return result;
    };
    expectClose(await run('webgpu'), await run('cpu'), 1e-5, 'product');
  });

  test('results stay on the device and are fed back, read, and freed', async () => {
    const double = jit(
      (x: { value: tf.Tensor }) => ({ value: tf.mul(x.value, 2), sum: tf.sum(x.value) }),
      {
        device: 'webgpu',
        keepOnDevice: (path) => path === 'result.value',
      },
    );
    const onCpu = jit((x: tf.Tensor) => tf.neg(x));
    let state: { value: NdArray } = { value: ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]) };
    for (let round = 1; round <= 3; round++) {
      const { value, sum } = await double(state);
      expect(value.device).toBeDefined();
      expect(() => value.data).toThrow(/await read\(\)/);
      expect(sum.device).toBeUndefined();
      expect(Array.from(sum.data)).toEqual([10 * 2 ** (round - 1)]);
      state.value.dispose();
      state = { value };
    }
    await double.dispose();
    expect(Array.from((await state.value.read()).data)).toEqual([8, 16, 24, 32]);
    expect(Array.from((await onCpu(state.value)).data)).toEqual([-8, -16, -24, -32]);
    state.value.dispose();
    await expect(double(state)).rejects.toThrow(/used after its disposal/);
    await Promise.all([double.dispose(), onCpu.dispose()]);
  }, 120_000);

  // In micro-batches, features and their slopes go through the host; weights and moments do not.
  test.each([
    ['whole', [smallBatch()]],
    ['in micro-batches', [smallBatch(), smallBatch([2, 4])]],
  ])(
    'two training steps, %s',
    async (_, batches) => {
      const zeros = () =>
        Object.fromEntries(
          Object.entries(weights).map(([name, { shape, size }]) => [
            name,
            ndarray(new Float32Array(size), shape),
          ]),
        );
      async function train(device: Device) {
        const step = createTrainStep(
          { family: 'fgclip', config },
          {
            regionalWeight: 0.1,
            hardWeight: 0.5,
            weightDecay: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            clipNorm: 1,
            device,
            ...{ batch: 2 * batches.length, microBatch: 2, regionBatch: 2, ranks: alone },
          },
        );
        let state: TrainState = { parameters: weights, first: zeros(), second: zeros(), step: 0 };
        const losses: number[] = [];
        for (let k = 0; k < 2; k++) {
          const result = await step.run(state, () => batches, 1e-3);
          losses.push(result.losses.total, result.gradientNorm);
          state = result.state;
        }
        const parameters: Record<string, NdArray> = {};
        for (const [name, value] of Object.entries(state.parameters)) {
          expect(value.device !== undefined).toBe(device === 'webgpu');
          parameters[name] = await value.read();
        }
        await step.dispose();
        return { losses: ndarray(Float32Array.from(losses), [4]), parameters };
      }
      const [expected, found] = [await train('cpu'), await train('webgpu')];
      expectClose(found.losses, expected.losses, 1e-4, 'losses and gradient norms');
      for (const [name, value] of Object.entries(expected.parameters)) {
        // Adam divides by the gradient's size, so a gradient that is noise moves its parameter a full step.
        if (name.endsWith('k_proj.bias')) continue;
        expectClose(found.parameters[name], value, 2e-4, name);
      }
    },
    600_000,
  );
});
