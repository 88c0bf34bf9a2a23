import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../../src/errors.js';
// jest cannot import a module on demand twice at a time.
import '../../src/jit/eager.js';
import { type Compiled, JitError, jit, type NdArray, ndarray } from '../../src/jit/index.js';

const device = 'tfjs-node';
const matrix = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
const column = ndarray(Float32Array.of(1, 10, 100), [3, 1]);

const tensors = () => tf.engine().state.numTensors;

/** As its caller has it when constants are bound. */
type OfOne = (x: NdArray) => Promise<NdArray>;

function product() {
  return jit((weight: tf.Tensor2D, x: tf.Tensor2D) => tf.matMul(x, weight), {
    device,
    constants: [column],
    name: 'the product',
  }) as unknown as OfOne & Pick<Compiled<[], tf.Tensor>, 'dispose'>;
}

describe('calls', () => {
  test('take and return trees of arrays, as a compiled function does', async () => {
    const statistics = (x: { values: tf.Tensor2D; least?: tf.Tensor }) => ({
      rows: [tf.sum(x.values, 1), tf.max(x.values, 1)],
      ...(x.least && { above: tf.greater(x.values, x.least) }),
      places: tf.argMax(x.values, 1),
    });
    for (const least of [undefined, ndarray(Float32Array.of(3), [])]) {
      const [expected, found] = await Promise.all(
        (['cpu', device] as const).map((one) =>
          jit(statistics, { device: one })({ values: matrix, least } as never),
        ),
      );
      expect(found).toEqual(expected);
      expect(found.above?.dtype).toBe(least && 'bool');
    }
  });

  test('have gradients of this package, whatever the engine brings', async () => {
    const slope = jit((x: tf.Tensor2D) => tf.grad((y) => tf.sum(tf.square(y)))(x), { device });
    expect(Array.from((await slope(matrix)).data)).toEqual([2, 4, 6, 8, 10, 12]);
  });

  test('leave no tensor behind, however many there are', async () => {
    // Here they are slow; TensorFlow's are not.
    const rounds = process.env.FGDET_TEST_TFJS_NODE ? 2000 : 500;
    const before = tensors();
    const call = product();
    expect(Array.from((await call(matrix)).data)).toEqual([321, 654]);
    const during = tensors();
    const slope = jit((x: tf.Tensor2D) => tf.grad((y) => tf.sum(tf.square(y)))(x), { device });
    for (let round = 0; round < rounds; round++) {
      await call(matrix);
      await slope(matrix);
    }
    expect(tensors()).toBe(during);
    await Promise.all([call.dispose(), slope.dispose()]);
    expect(tensors()).toBe(before);
  });

  test('give the memory of results to their caller', async () => {
    const same = jit((x: tf.Tensor) => [x, x, tf.reshape(x, [6])], { device });
    const input = ndarray(Float32Array.from(matrix.data), [2, 3]);
    const results = await same(input);
    for (const { data } of results) data[0] = 7;
    expect(new Set([input, ...results].map(({ data }) => data.buffer)).size).toBe(4);
    expect(input.data[0]).toBe(1);
  });

  test('take the backend that was there for their own time only', async () => {
    await product()(matrix);
    await tf.setBackend('cpu');
    await product()(matrix);
    expect(tf.getBackend()).toBe('cpu');
    // A graph can be written in between.
    const negative = await jit((x: tf.Tensor) => tf.neg(x))(matrix);
    expect(Array.from(negative.data)).toEqual([-1, -2, -3, -4, -5, -6]);
    expect(tf.getBackend()).toBe('cpu');
  });
});

describe('constants', () => {
  test('are there until the function is disposed of, and again when it is called after', async () => {
    const before = tensors();
    const call = product();
    expect(tensors()).toBe(before);
    await call(matrix);
    expect(tensors()).toBe(before + 1);
    await call.dispose();
    expect(tensors()).toBe(before);
    expect(Array.from((await call(matrix)).data)).toEqual([321, 654]);
    await call.dispose();
    await call.dispose();
    expect(tensors()).toBe(before);
  });

  test('stay for calls that are under way', async () => {
    const before = tensors();
    const call = product();
    const under = [call(matrix), call(matrix)];
    await call.dispose();
    for (const { data } of await Promise.all(under)) expect(Array.from(data)).toEqual([321, 654]);
    expect(tensors()).toBe(before);
  });

  test('of float16 are widened', async () => {
    const weight = ndarray(
      Float32Array.from({ length: 4096 }, (_, i) => i / 4096),
      [64, 64],
    );
    const call = jit((w: tf.Tensor2D) => tf.sum(w), {
      device,
      precision: 'float16',
      constants: [weight],
    }) as unknown as () => Promise<NdArray>;
    expect((await call()).data[0]).toBeCloseTo(4095 / 2, 1);
  });
});

describe('results that stay on the device', () => {
  test('are passed on, read, and freed', async () => {
    const before = tensors();
    const double = jit(
      (x: { value: tf.Tensor }) => ({ value: tf.mul(x.value, 2), sum: tf.sum(x.value) }),
      { device, keepOnDevice: (path) => path === 'result.value' },
    );
    const graph = jit((x: tf.Tensor) => tf.neg(x));
    let state: { value: NdArray } = { value: ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]) };
    for (let round = 1; round <= 3; round++) {
      const { value, sum } = await double(state);
      expect(value.device).toBeInstanceOf(tf.Tensor);
      expect(() => value.data).toThrow(/await read\(\)/);
      expect(Array.from(sum.data)).toEqual([10 * 2 ** (round - 1)]);
      state.value.dispose();
      state = { value };
      expect(tensors()).toBe(before + 1);
    }
    await double.dispose();
    expect(Array.from((await state.value.read()).data)).toEqual([8, 16, 24, 32]);
    expect(Array.from((await graph(state.value)).data)).toEqual([-8, -16, -24, -32]);
    state.value.dispose();
    expect(tensors()).toBe(before);
    await expect(double(state)).rejects.toThrow(/used after its disposal/);
  });

  test('are handles of their own where an argument or a tensor is returned twice', async () => {
    const before = tensors();
    const twice = jit(
      (x: tf.Tensor) => {
        const half = tf.div(x, 2);
        return [x, half, half];
      },
      { device, keepOnDevice: () => true },
    );
    const [first, second, third] = await twice(matrix);
    const again = await twice(first);
    for (const array of [first, second]) array.dispose();
    expect(Array.from((await third.read()).data)).toEqual([0.5, 1, 1.5, 2, 2.5, 3]);
    expect(Array.from((await again[0].read()).data)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const array of [third, ...again]) array.dispose();
    expect(tensors()).toBe(before);
  });
});

describe('errors', () => {
  /** What a call says; it leaves nothing behind. */
  async function errorOf(fn: (x: tf.Tensor2D) => unknown): Promise<Error> {
    const call = jit(fn as (x: tf.Tensor2D) => tf.Tensor, { device, name: 'the test function' });
    const before = tensors();
    const error = await call(matrix).then(
      () => new Error('nothing was thrown'),
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(JitError);
    expect(tensors()).toBe(before);
    expect(tf.engine().state.gradientDepth).toBe(0);
    return error;
  }

  test('name the device, the function and the calling line', async () => {
    const { message } = await errorOf((x) => tf.matMul(tf.neg(x), x));
    expect(message).toMatch(
      /Device "tfjs-node" failed to run the test function: .*(inner|incompatible)/i,
    );
    expect(message).toMatch(/\(at .*eager\.test\.[jt]s:\d+:\d+\)/);
    const inGradient = await errorOf((x) => tf.grad((y) => tf.matMul(y as tf.Tensor2D, x))(x));
    expect(inGradient.message).toMatch(/inner|incompatible/i);
  });

  test('say what a function must return', async () => {
    expect((await errorOf(async (x) => tf.neg(x))).message).toMatch(/is asynchronous/);
    expect((await errorOf(() => ({}))).message).toMatch(/returned no tensors/);
    expect((await errorOf(() => tf.tensor(['a', 'b']))).message).toMatch(/dtype string/);
    const inner = jit((x: tf.Tensor2D) => tf.neg(x), { name: 'inner' });
    expect((await errorOf(inner as never)).message).toMatch(/inner is compiled already/);
  });

  test('int8 is refused at once', () => {
    const int8 = () => jit((x: tf.Tensor) => x, { device, precision: 'int8' });
    expect(int8).toThrow(UserError);
    expect(int8).toThrow(/int8 runs on device cpu only; device tfjs-node takes float32/);
  });

  test('a process has one TensorFlow', async () => {
    await product()(matrix);
    const { startTfjsNode } = await import('../../src/jit/tfjsNode.js');
    await expect(startTfjsNode('tfjs-node-gpu')).rejects.toThrow(/"tfjs-node" runs already/);
  });
});
