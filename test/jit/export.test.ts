import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { exportOnnx } from '../../src/jit/export.js';
import { attention, gelu, geluTanh, layerNorm, quickGelu } from '../../src/jit/fused.js';
import { jit, type NdArray, ndarray } from '../../src/jit/index.js';
import { traceArrays } from '../../src/jit/traceArrays.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const wave = (...shape: number[]) =>
  ndarray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
      Math.sin(i + shape.length),
    ),
    shape,
  );

/** A block with every fused operator in it. */
function block(w: Record<string, tf.Tensor>, x: tf.Tensor3D) {
  const normed = layerNorm(x, w.scale as tf.Tensor1D, w.bias as tf.Tensor1D, 1e-5);
  const [batch, tokens, width] = x.shape;
  const project = (matrix: tf.Tensor, y: tf.Tensor) =>
    tf.reshape(
      tf.matMul(
        tf.reshape(y, [batch * tokens, width]) as tf.Tensor2D,
        matrix as tf.Tensor2D,
        false,
        true,
      ),
      [batch, tokens, width],
    ) as tf.Tensor3D;
  const mixed = attention(project(w.query, normed), normed, normed, { heads: 2, causal: true });
  const hidden = tf.add(
    tf.add(quickGelu(project(w.first, mixed)), gelu(project(w.second, mixed))),
    geluTanh(mixed),
  );
  return { features: tf.add(x, hidden), largest: tf.max(hidden, -1) };
}

const weights = () => ({
  scale: wave(16),
  bias: wave(16),
  query: wave(16, 16),
  first: wave(16, 16),
  second: ndarray(
    wave(16, 16).data.map((value) => value * 0.5),
    [16, 16],
  ),
});
const x = wave(2, 5, 16);

const traced = (target: 'portable' | 'cpu' = 'portable') =>
  traceArrays(block as never, [x], { constants: [weights()], target, name: 'block' });

async function expectSame(file: string): Promise<ort.InferenceSession> {
  const session = await ort.InferenceSession.create(file);
  const [input] = session.inputNames;
  const results = await session.run({
    [input]: new ort.Tensor('float32', x.data as Float32Array, x.shape),
  });
  const f = jit(block as never, { constants: [weights()] }) as unknown as {
    (x: NdArray): Promise<Record<'features' | 'largest', NdArray>>;
    dispose(): Promise<void>;
  };
  const { features, largest } = await f(x);
  [features, largest].forEach((expected, index) => {
    const found = results[session.outputNames[index]];
    expect(found.dims).toEqual(expected.shape);
    const off = Math.max(
      ...expected.data.map((value, i) => Math.abs(value - Number(found.data[i]))),
    );
    expect(off).toBeLessThan(2e-5);
  });
  await f.dispose();
  return session;
}

test('a file with the weights inside', async () => {
  const file = join(folder, 'inline', 'block.onnx');
  const exported = await exportOnnx(traced(), file, { inputs: ['x'], outputs: ['y', 'most'] });
  expect(exported).toEqual({
    file,
    data: undefined,
    inputs: [{ name: 'x', shape: [2, 5, 16], dtype: 'float32' }],
    outputs: [
      { name: 'y', shape: [2, 5, 16], dtype: 'float32' },
      { name: 'most', shape: [2, 5], dtype: 'float32' },
    ],
  });
  expect(readdirSync(join(folder, 'inline'))).toEqual(['block.onnx']);
  const session = await expectSame(file);
  expect(session.inputNames).toEqual(['x']);
  expect(session.outputNames).toEqual(['y', 'most']);
  await session.release();
});

test('a file with the weights beside it, and back', async () => {
  const file = join(folder, 'external', 'block.onnx');
  const exported = await exportOnnx(traced(), file, { mostInline: 1000 });
  expect(exported.data).toBe(`${file}.data`);
  expect(exported.inputs.map(({ name }) => name)).toEqual(['argument[0]']);
  expect(readdirSync(join(folder, 'external')).sort()).toEqual(['block.onnx', 'block.onnx.data']);
  // Three matrices, at aligned places; the vectors are small enough for the model.
  expect(statSync(exported.data!).size).toBe(2 * 4096 + 16 * 16 * 4);
  await (await expectSame(file)).release();

  await exportOnnx(traced(), file);
  expect(existsSync(`${file}.data`)).toBe(false);
  await (await expectSame(file)).release();
});

test('a file for a device of onnxruntime’s', async () => {
  const file = join(folder, 'cpu.onnx');
  await exportOnnx(traced('cpu'), file);
  await (await expectSame(file)).release();
});

test('a failed write leaves what was there', async () => {
  const broken = traceArrays((w: tf.Tensor, y: tf.Tensor) => tf.mul(w, y), [x], {
    constants: [x],
    target: 'portable',
    name: 'broken',
  });
  const gone = join(folder, 'inline', 'block.onnx');
  const before = statSync(gone);
  Object.defineProperty(broken.graph.initializers[0].data, 'bytes', {
    get: () => {
      throw new Error('the weights are gone.');
    },
  });
  await expect(exportOnnx(broken, gone)).rejects.toThrow('the weights are gone.');
  expect(statSync(gone)).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs });
  expect(readdirSync(join(folder, 'inline'))).toEqual(['block.onnx']);
  await expect(exportOnnx(traced(), gone, { inputs: [] })).rejects.toThrow(/1 names are needed/);
});
