import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../../src/errors.js';
import { type Device, JitError, jit, type NdArray, ndarray } from '../../src/jit/index.js';

const matrix = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
const here = 'errors.test';

beforeEach(async () => {
  await tf.setBackend('cpu');
});

/** The error of compiling `fn`; after it everything must work as before. */
async function errorOf(
  fn: (x: tf.Tensor2D) => tf.Tensor | Promise<tf.Tensor>,
  argument: NdArray = matrix,
): Promise<Error> {
  const scope = tf.engine().state.activeScope ?? null;
  const tensors = tf.memory().numTensors;
  const compiled = jit(fn as (x: tf.Tensor2D) => tf.Tensor, { name: 'the test function' });
  const error = await compiled(argument).then(
    () => new Error('nothing was thrown'),
    (thrown: Error) => thrown,
  );
  expect(tf.getBackend()).toBe('cpu');
  expect(tf.engine().state.activeScope).toBe(scope);
  expect(tf.engine().state.gradientDepth).toBe(0);
  expect(tf.memory().numTensors).toBe(tensors);
  const eager = tf.tidy(() => Array.from(tf.add([1, 2], 1).dataSync()));
  expect(eager).toEqual([2, 3]);
  const next = jit((x: tf.Tensor2D) => tf.grad((y) => tf.sum(tf.square(y)))(x));
  expect(Array.from((await next(matrix)).data)).toEqual([2, 4, 6, 8, 10, 12]);
  await next.dispose();
  return error;
}

async function expectError(
  fn: (x: tf.Tensor2D) => tf.Tensor | Promise<tf.Tensor>,
  ...patterns: RegExp[]
): Promise<void> {
  const error = await errorOf(fn);
  expect(error).toBeInstanceOf(JitError);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toContain('the test function');
  for (const pattern of patterns) expect(error.message).toMatch(pattern);
}

/** The line of this file that an error's message names. */
const line = new RegExp(`${here}\\.[jt]s:\\d+:\\d+`);

describe('errors while tracing name the operator and the calling line', () => {
  test('an operator without a compiled form', () =>
    expectError((x) => tf.atan(x), /operator Atan has no compiled form/, line));

  test('an operator without a compiled form in a gradient', () =>
    expectError(
      (x) => tf.grad((y) => tf.sum(tf.selu(y as tf.Tensor2D)))(x),
      /operator Selu/,
      line,
    ));

  test('shapes that do not fit, found by tfjs', () =>
    expectError((x) => tf.matMul(x, x), /matMul.*inner/i, line));

  test('shapes that do not broadcast', () =>
    expectError((x) => tf.add(x, tf.ones([2, 2])), /Add.*\[2,3\].*\[2,2\]/, line));

  test('a reshape to another size', () => expectError((x) => tf.reshape(x, [7]), /7/, line));

  test('a slice that is too long', () =>
    expectError((x) => tf.slice(x, [0, 0], [2, 9]), /slice/i, line));

  test('booleans in arithmetic', () =>
    expectError((x) => tf.add(tf.greater(x, 1), tf.less(x, 2)), /Add.*bool.*cast/, line));

  test('strings', () => expectError((x) => tf.concat([x, tf.fill([2, 3], 'a')]), /string/, line));

  test('an error of the function’s own', () =>
    expectError(
      () => {
        throw new Error('a width of 7 does not fit.');
      },
      /a width of 7 does not fit\./,
      line,
    ));

  test('an error inside of tidy and of a gradient', () =>
    expectError(
      (x) => tf.tidy(() => tf.grad((y) => tf.sum(tf.matMul(y as tf.Tensor2D, x)))(x)),
      /inner/i,
      line,
    ));
});

describe('code that depends on values says so', () => {
  const explained = [/read while tracing/, /\[2,3\]/, line];

  test('dataSync', () =>
    expectError((x) => (x.dataSync()[0] > 0 ? x : tf.neg(x)), ...explained, /an argument/));
  test('arraySync of a result', () =>
    expectError((x) => tf.tensor(tf.mul(x, 2).arraySync()), ...explained, /result of Mul/));
  test('print', () =>
    expectError(
      (x) => {
        x.print();
        return x;
      },
      ...explained,
    ));
  test('await array()', () =>
    expectError(
      async (x) => {
        const rows = await x.array();
        return tf.tensor(rows);
      },
      ...explained,
    ));
  test('data() whose promise nobody awaits', () =>
    expectError(
      (x) => {
        void x.data().then((numbers) => numbers.length);
        return x;
      },
      ...explained,
    ));
});

describe('functions of the wrong kind', () => {
  test('an asynchronous function', () =>
    expectError(async (x) => tf.neg(x), /is asynchronous; .* return its tensors directly/));

  test('a result that is no tensor', async () => {
    const error = await errorOf((() => 7) as never);
    expect(error.message).toMatch(/result is the number 7; expected/);
  });

  test('a result without tensors', async () => {
    const error = await errorOf((() => ({})) as never);
    expect(error.message).toMatch(/the test function returned no tensors/);
  });

  test('an argument that is no array', async () => {
    const f = jit((x: tf.Tensor) => x);
    await expect(f([1, 2] as never)).rejects.toThrow(
      /argument\[0\]\[0\] is the number 1; expected/,
    );
    await expect(f(null as never)).rejects.toThrow(/argument\[0\] is null/);
    await expect(f(new Map() as never)).rejects.toThrow(/argument\[0\] is a Map/);
  });

  test('a compiled function inside another one', async () => {
    const inner = jit((x: tf.Tensor2D) => tf.neg(x), { name: 'inner' });
    const error = await errorOf(inner as never);
    expect(error.message).toMatch(/inner is compiled already; call the plain function/);
  });

  test('a tensor of an earlier trace', async () => {
    let kept: tf.Tensor | undefined;
    await errorOf((x) => {
      kept = tf.neg(x);
      return kept;
    });
    const error = await errorOf((x) => tf.add(x, kept!));
    expect(error.message).toMatch(/disposed/);
  });
});

describe('devices', () => {
  const use = (device: string) => () => jit((x: tf.Tensor) => x, { device: device as Device });

  test('an unknown one', () => {
    expect(use('gpu')).toThrow(UserError);
    expect(use('gpu')).toThrow(
      /Unknown device "gpu"\. Devices: cpu, webgpu, cuda, dml, coreml, tfjs-node, tfjs-node-gpu\./,
    );
  });

  const missing = { linux: ['dml', 'coreml'], darwin: ['dml', 'cuda'], win32: ['coreml', 'cuda'] };
  const absent = missing[process.platform as keyof typeof missing] ?? [];

  test.each(absent)('%s, which this build lacks', (device) => {
    expect(use(device)).toThrow(UserError);
    expect(use(device)).toThrow(`Device "${device}" is not in this build of onnxruntime-node`);
    expect(use(device)).toThrow(/which has cpu/);
  });

  const cudaDownloads = process.platform === 'linux' && process.arch === 'x64';
  (cudaDownloads ? test : test.skip)('cuda before its libraries are installed', () => {
    expect(use('cuda')).toThrow(UserError);
    expect(use('cuda')).toThrow(/ONNXRUNTIME_NODE_INSTALL=true npm rebuild onnxruntime-node/);
  });
});
