import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { encodeGraph } from '../../src/jit/encodedGraph.js';
import type { Target } from '../../src/jit/graph.js';
import { jit, type NdArray, ndarray } from '../../src/jit/index.js';
import { quantiseColumns } from '../../src/jit/quantise.js';
import { Session } from '../../src/jit/session.js';
import { signedBytesAreExact } from '../../src/jit/signedBytes.js';
import { traceArrays } from '../../src/jit/traceArrays.js';
import { createRandom } from '../../src/random.js';
import { largestDifference, largestMagnitude } from '../golden.js';
import { integerProduct } from './integerProduct.js';

const linear = (weight: tf.Tensor2D, bias: tf.Tensor1D, x: tf.Tensor2D) =>
  tf.fused.matMul({ a: x, b: weight, transposeB: true, bias });

interface Layer {
  /** [columns, inner] */
  weight: NdArray;
  bias: NdArray;
  x: NdArray;
}

function filled(shape: [number, number], value: (row: number, column: number) => number): NdArray {
  const [rows, columns] = shape;
  const place = (i: number): [number, number] => [Math.floor(i / columns), i % columns];
  return ndarray(
    Float32Array.from({ length: rows * columns }, (_, i) => value(...place(i))),
    shape,
  );
}

/** Activations of 255, weights of ±127: pairs of products that do not fit into 16 bits. */
function worstCase(rows: number): Layer {
  const [inner, columns] = [194, 301];
  return {
    weight: filled([columns, inner], (column) => (column % 3 === 0 ? -127 : 127)),
    bias: filled([1, columns], (_, column) => column).reshape([columns]),
    // A value between two bytes: each row with a range of its own would give something else.
    x: filled([rows, inner], (row) => (row % 4 === 3 ? 100.25 : 255)),
  };
}

/** Normal numbers, with a zero point somewhere between 0 and 255. */
function randomCase(rows: number, seed: number): Layer {
  const random = createRandom(seed);
  const [inner, columns] = [96, 70];
  return {
    weight: filled([columns, inner], () => 0.05 * random.normal()),
    bias: filled([1, columns], () => random.normal()).reshape([columns]),
    x: filled([rows, inner], () => random.normal() + 0.7),
  };
}

const cases: [string, Layer][] = [
  ...[1, 2, 7, 64].map((rows): [string, Layer] => [`the worst, ${rows} rows`, worstCase(rows)]),
  ...[1, 5, 33].map((rows): [string, Layer] => [`random, ${rows} rows`, randomCase(rows, rows)]),
];

const expected = ({ weight, bias, x }: Layer) =>
  integerProduct(x, quantiseColumns(weight.data as Float32Array, weight.shape, true), bias);

function expectEqual(found: NdArray, wanted: NdArray): void {
  expect(found.shape).toEqual(wanted.shape);
  expect(largestDifference(found, wanted)).toBeLessThanOrEqual(1e-5 * largestMagnitude(wanted));
}

const traced = ({ weight, bias, x }: Layer, target: Target, signedBytes?: boolean) =>
  traceArrays(linear as never, [x], {
    constants: [weight, bias],
    precision: 'int8',
    name: 'linear',
    target,
    signedBytes,
  }).graph;

async function run(layer: Layer, target: Target, signedBytes?: boolean): Promise<NdArray> {
  const graph = traced(layer, target, signedBytes);
  const session = await Session.load(encodeGraph(graph, 'cpu'), { device: 'cpu', onDevice: [] });
  const [result] = await session.run(new Map([['argument[0]', layer.x]]));
  await session.dispose();
  return result;
}

describe('precision int8 equals integer arithmetic', () => {
  test.each(cases)('%s', async (_, layer) => {
    const compiled = jit(linear as never, {
      precision: 'int8',
      constants: [layer.weight, layer.bias],
    }) as unknown as { (x: NdArray): Promise<NdArray>; dispose(): Promise<void> };
    expectEqual(await compiled(layer.x), expected(layer));
    // The second compilation leaves its weights as they are.
    const twice = filled([2 * layer.x.shape[0], layer.x.shape[1]], (row, column) => {
      return layer.x.data[(row % layer.x.shape[0]) * layer.x.shape[1] + column];
    });
    expectEqual(await compiled(twice), expected({ ...layer, x: twice }));
    await compiled.dispose();
  });

  test.each(cases)('in graphs for files: %s', async (_, layer) => {
    for (const target of ['cpu', 'portable'] as const) {
      expectEqual(await run(layer, target), expected(layer));
    }
  });

  test('with signed weights too, where that was found', async () => {
    let exact = true;
    for (const [, layer] of cases) {
      const found = await run(layer, 'cpu', true);
      const wanted = expected(layer);
      exact &&= largestDifference(found, wanted) <= 1e-5 * largestMagnitude(wanted);
    }
    expect(await signedBytesAreExact()).toBe(exact);
  });
});

test.each(['cpu', 'portable'] as const)(
  'a graph for a file, target %s, has no signed bytes',
  (target) => {
    const types = traced(randomCase(2, 1), target).initializers.map(({ value }) => value.dtype);
    expect(types).toContain('uint8');
    expect(types).not.toContain('int8');
  },
);

const emulator = 'qemu-x86_64';
const hasEmulator = spawnSync(emulator, ['--version']).status === 0;
const inX86 = process.arch === 'x64' && process.platform === 'linux';

(hasEmulator && inX86 ? test : test.skip)(
  `a product on a processor without AVX-512 and VNNI (skipped without ${emulator})`,
  () => {
    const script = fileURLToPath(new URL('productWithoutVnni.js', import.meta.url));
    const { stdout, stderr } = spawnSync(
      emulator,
      ['-cpu', 'EPYC-Rome', process.execPath, script],
      { encoding: 'utf8' },
    );
    const errors = stderr.split('\n').filter((line) => !/warning: TCG doesn't support/.test(line));
    expect({ stdout, errors }).toEqual({ stdout: 'signed false, error 0\n', errors: [''] });
  },
  120_000,
);
