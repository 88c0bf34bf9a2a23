import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import { encodeGraph } from '../../src/jit/encodedGraph.js';
import { jit, type NdArray, ndarray } from '../../src/jit/index.js';
import { quantiseColumns } from '../../src/jit/quantise.js';
import { Session } from '../../src/jit/session.js';
import { traceArrays } from '../../src/jit/traceArrays.js';
import { createRandom } from '../../src/random.js';

const settings = { numRuns: 30, seed: 3 };

function normal(seed: number, shape: readonly [number, number], scale = 1): NdArray {
  const random = createRandom(seed);
  const data = Float32Array.from({ length: shape[0] * shape[1] }, () => scale * random.normal());
  return ndarray(data, shape);
}

function relativeError(actual: NdArray, expected: NdArray): number {
  expect(actual.shape).toEqual(expected.shape);
  let difference = 0;
  let size = 0;
  for (let i = 0; i < actual.size; i++) {
    difference += (actual.data[i] - expected.data[i]) ** 2;
    size += expected.data[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .chain(([inner, columns]) =>
    fc.record({
      inner: fc.constant(inner),
      columns: fc.constant(columns),
      weight: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
        minLength: inner * columns,
        maxLength: inner * columns,
      }),
    }),
  );

describe('quantiseColumns', () => {
  test('each value is within half a step of its column', () => {
    fc.assert(
      fc.property(matrices, ({ inner, columns, weight }) => {
        const values = Float32Array.from(weight);
        const {
          values: quantised,
          scales,
          shape,
        } = quantiseColumns(values, [inner, columns], false);
        expect(shape).toEqual([inner, columns]);
        expect(scales.length).toBe(columns);
        quantised.forEach((value, i) => {
          const scale = scales[i % columns];
          expect(Math.abs(value)).toBeLessThanOrEqual(127);
          expect(Math.abs(value * scale - values[i])).toBeLessThanOrEqual(scale * 0.5001);
        });
      }),
      settings,
    );
  });

  test('a column’s largest value takes the whole range, and one column does not coarsen another', () => {
    const { values, scales } = quantiseColumns(
      Float32Array.of(0.4, 100, -1, 40, 0, 0),
      [3, 2],
      false,
    );
    expect(Array.from(values)).toEqual([51, 127, -127, 51, 0, 0]);
    expect(scales[0]).toBeCloseTo(1 / 127, 7);
    expect(scales[1]).toBeCloseTo(100 / 127, 5);
  });

  test('a column of zeros stays zero', () => {
    const { values, scales } = quantiseColumns(new Float32Array(4), [2, 2], false);
    expect(Array.from(values)).toEqual([0, 0, 0, 0]);
    expect(Array.from(scales)).toEqual([1, 1]);
  });

  test('a transposed matrix gives the same', () => {
    fc.assert(
      fc.property(matrices, ({ inner, columns, weight }) => {
        const plain = quantiseColumns(Float32Array.from(weight), [inner, columns], false);
        const turned = Float32Array.from(
          weight.map((_, i) => weight[(i % inner) * columns + Math.floor(i / inner)]),
        );
        expect(quantiseColumns(turned, [columns, inner], true)).toEqual(plain);
      }),
      settings,
    );
  });
});

describe('precision int8', () => {
  const linear = (weight: tf.Tensor2D, bias: tf.Tensor1D, x: tf.Tensor3D) =>
    tf.fused.matMul({
      a: tf.reshape(x, [-1, weight.shape[1]]),
      b: weight,
      transposeB: true,
      bias,
    });
  const bias = ndarray(normal(9, [1, 48]).data, [48]);

  const operators = (fn: unknown, constants: NdArray[], args: NdArray[], target = 'cpu') =>
    traceArrays(fn as never, args, {
      constants,
      precision: 'int8',
      target: target as 'cpu',
      name: 'f',
    }).graph;

  async function run(precision: 'int8' | 'float32', weight: NdArray, x: NdArray) {
    const f = jit(linear as never, { precision, constants: [weight, bias] }) as unknown as {
      (x: NdArray): Promise<NdArray>;
      dispose(): Promise<void>;
    };
    const result = await f(x);
    await f.dispose();
    return result;
  }

  test.each([1, 2, 3])(
    'a linear layer with random weights is off by less than 1.5 %%, seed %i',
    async (seed) => {
      const weight = normal(seed, [48, 64], 0.05);
      const x = ndarray(normal(seed + 100, [30, 64]).data, [5, 6, 64]);
      const error = relativeError(await run('int8', weight, x), await run('float32', weight, x));
      expect(error).toBeLessThan(0.015);
      expect(error).toBeGreaterThan(0);
    },
  );

  test('columns of very different size keep their precision', async () => {
    const weight = normal(4, [48, 64]);
    for (let row = 0; row < 48; row++) {
      for (let i = 0; i < 64; i++) weight.data[row * 64 + i] *= 10 ** ((row % 5) - 2);
    }
    const x = normal(5, [30, 64]);
    const [found, exact] = [await run('int8', weight, x), await run('float32', weight, x)];
    for (let column = 0; column < 5; column++) {
      const pick = (array: NdArray) =>
        ndarray(
          Float32Array.from(
            { length: 30 },
            (_, row) => array.data[row * 48 + column] - bias.data[column],
          ),
          [30],
        );
      expect(relativeError(pick(found), pick(exact))).toBeLessThan(0.03);
    }
  });

  test('what is quantised: products with a constant on the right, and nothing else', () => {
    const weight = normal(1, [48, 64]);
    const x = normal(2, [3, 64]);
    const types = (graph: { nodes: { opType: string }[] }) =>
      graph.nodes.map(({ opType }) => opType);
    expect(types(operators(linear, [weight, bias], [x]))).toContain('DynamicQuantizeMatMul');
    expect(types(operators(linear, [], [weight, bias, x]))).not.toContain('DynamicQuantizeMatMul');
    const product = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b, false, true);
    expect(types(operators(product, [], [x, weight]))).toEqual(['Gemm']);
    const graph = operators(linear, [weight, bias], [x]);
    // The float weights are gone: what is kept takes a quarter.
    expect(graph.initializers.some(({ data }) => data === weight)).toBe(false);
    expect(graph.initializers.map(({ value }) => value.dtype)).toContain('uint8');
  });

  test('the portable form uses standard operators and gives the same values', async () => {
    const weight = normal(6, [48, 64], 0.05);
    const x = normal(7, [30, 64]);
    const graph = operators(linear, [weight, bias], [x], 'portable');
    expect(graph.nodes.every(({ domain }) => domain === '')).toBe(true);
    const session = await Session.load(encodeGraph(graph, 'cpu'), { device: 'cpu', onDevice: [] });
    const [found] = await session.run(new Map([['argument[0]', x]]));
    expect(relativeError(found, await run('int8', weight, x))).toBeLessThan(1e-5);
    await session.dispose();
  });

  test('is refused where only floats run', () => {
    const use = () => jit((x: tf.Tensor) => x, { device: 'webgpu', precision: 'int8' });
    expect(use).toThrow(UserError);
    expect(use).toThrow(/int8.*device cpu/);
  });
});
