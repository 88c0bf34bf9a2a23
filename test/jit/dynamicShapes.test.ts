import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { type DynamicArgument, traceDynamic } from '../../src/jit/dynamicShapes.js';
import { exportOnnx } from '../../src/jit/export.js';
import { attention } from '../../src/jit/fused.js';
import { jit, type NdArray, ndarray } from '../../src/jit/index.js';
import type { Tree } from '../../src/jit/tree.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-dynamic-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Traced = (...args: never[]) => Tree<tf.Tensor>;
const traced = (fn: Traced, args: readonly DynamicArgument[]) =>
  traceDynamic(fn, args, { target: 'portable', name: 'the function' });
const float32 = (...shape: DynamicArgument['shape']) => ({ shape, dtype: 'float32' as const });

/** Every way in which a graph holds sizes: reshapes, slices, repeats, fills. */
function sizes(x: tf.Tensor3D, rows: tf.Tensor2D) {
  const [batch, count, width] = x.shape;
  const flat = tf.reshape(x, [batch * count, width]);
  const own = tf.reshape(tf.mul(flat, 2), [batch, count, width]) as tf.Tensor3D;
  const longer = tf.concat([tf.tile(tf.slice(own, [0, 0, 0], [-1, 1, -1]), [1, 2, 1]), own], 1);
  const later = tf.slice(longer as tf.Tensor3D, [0, 1, 0], [-1, -1, 4]);
  const places = tf.cumsum(tf.fill([count], 1), 0, true);
  return {
    mixed: attention(own, later, later, { heads: 2 }),
    twice: tf.tile(tf.reshape(places, [1, count, 1]), [batch, 2, 1]),
    grid: tf.reshape(tf.tile(rows, [count, 1]), [count, rows.shape[0], rows.shape[1]]),
    last: tf.sub(tf.max(places), 0),
  };
}

test('one file gives for every size what is compiled for it', async () => {
  const trace = traced(sizes as never, [float32('batch', 'count', 4), float32('rows', 3)]);
  const names = { inputs: ['x', 'rows'], outputs: ['grid', 'last', 'mixed', 'twice'] };
  const { file, inputs, outputs } = await exportOnnx(trace, join(folder, 'sizes.onnx'), names);
  expect(inputs.map(({ shape }) => shape)).toEqual([
    ['batch', 'count', 4],
    ['rows', 3],
  ]);
  expect(outputs.map(({ shape }) => shape)).toEqual([
    ['count', 'rows', 3],
    [],
    ['batch', 'count', 4],
    ['batch', '2*count', 1],
  ]);
  const session = await ort.InferenceSession.create(file);
  const compiled = jit(sizes) as unknown as {
    (...args: NdArray[]): Promise<Record<string, NdArray>>;
    dispose(): Promise<void>;
  };
  for (const [batch, count, rows] of [
    [2, 5, 3],
    [1, 1, 1],
    [3, 70, 2],
  ]) {
    const args = [
      [batch, count, 4],
      [rows, 3],
    ].map((shape) => {
      const length = shape.reduce((a, b) => a * b);
      return ndarray(
        Float32Array.from({ length }, (_, i) => Math.sin(i)),
        shape,
      );
    });
    const [x, y] = args.map(({ data, shape }) => new ort.Tensor('float32', data as never, shape));
    const found = await session.run({ x, rows: y });
    for (const [name, expected] of Object.entries(await compiled(...args))) {
      expect(found[name].dims).toEqual(expected.shape);
      expected.data.forEach((value, i) => {
        expect(found[name].data[i]).toBeCloseTo(value, 5);
      });
    }
  }
  await session.release();
  await compiled.dispose();
});

test('without names, sizes are fixed', () => {
  const { graph } = traced((x: tf.Tensor) => tf.reshape(x, [-1]), [float32(2, 3)]);
  expect(graph.outputs[0].shape).toEqual([6]);
  expect(graph.outputs[0].dimensions).toBeUndefined();
});

test.each([
  [
    'numbers',
    (x: tf.Tensor) => tf.add(x, tf.range(0, x.shape[0])),
    /depends on the sizes .* in Add/,
  ],
  [
    'a slice',
    (x: tf.Tensor) => tf.slice(x, [0], [x.shape[0] - 1]),
    /depends on the sizes .* in Slice/,
  ],
  ['other work', (x: tf.Tensor) => (x.shape[0] > 12 ? tf.add(x, 1) : tf.sub(x, 1)), /other work/],
  [
    'more work',
    (x: tf.Tensor) =>
      Array(x.shape[0])
        .fill(x)
        .reduce((sum, y) => tf.mul(tf.add(sum, y), y)),
    /other work/,
  ],
])('%s that cannot be for any size are refused', (_, fn, message) => {
  expect(() => traced(fn as never, [float32('count')])).toThrow(message);
});
