import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { jit, type NdArray, ndarray } from '../../src/jit/index.js';

const floats = (...numbers: number[]) => ndarray(Float32Array.from(numbers), [numbers.length]);
const values = (array: NdArray) => Array.from(array.data);

/** A function that counts how often it is traced. */
function counted<A extends unknown[], R>(fn: (...args: A) => R) {
  const counter = { traces: 0 };
  const wrapped = (...args: A) => {
    counter.traces++;
    return fn(...args);
  };
  return { counter, fn: wrapped };
}

describe('trees of arrays', () => {
  test('lists and records go in and come out in the same nesting', async () => {
    const f = jit(
      (weights: { scale: tf.Tensor1D; bias?: tf.Tensor1D }, batches: tf.Tensor1D[]) => ({
        scaled: batches.map((batch) => tf.mul(batch, weights.scale)),
        bias: weights.bias && tf.neg(weights.bias),
        pair: [tf.sum(batches[0]), { count: tf.scalar(batches.length, 'int32') }] as const,
      }),
    );
    const full = await f({ scale: floats(2), bias: floats(1, 2) }, [floats(1, 2), floats(3)]);
    expect(full.scaled.map(values)).toEqual([[2, 4], [6]]);
    expect(values(full.bias!)).toEqual([-1, -2]);
    expect(values(full.pair[0])).toEqual([3]);
    expect(full.pair[0].shape).toEqual([]);
    expect(full.pair[1].count).toMatchObject({ dtype: 'int32', shape: [] });
    expect(values(full.pair[1].count)).toEqual([2]);

    const partial = await f({ scale: floats(2), bias: undefined }, [floats(5)]);
    expect(partial.bias).toBeUndefined();
    expect(partial.scaled.map(values)).toEqual([[10]]);
    await f.dispose();
  });

  test('the order of a record’s keys does not matter', async () => {
    const { counter, fn } = counted(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => tf.sub(a, b));
    const f = jit(fn);
    expect(values(await f({ a: floats(3), b: floats(1) }))).toEqual([2]);
    expect(values(await f({ b: floats(1), a: floats(3) }))).toEqual([2]);
    expect(counter.traces).toBe(1);
    await f.dispose();
  });

  test('a single tensor, a scalar', async () => {
    const f = jit((x: tf.Tensor) => tf.sum(x));
    const total = await f(floats(1, 2, 3));
    expect(total.shape).toEqual([]);
    expect(values(total)).toEqual([6]);
    await f.dispose();
  });

  test('arguments and constants come back as they are, and one result may appear twice', async () => {
    const f = jit(
      (weight: tf.Tensor, x: tf.Tensor) => {
        const doubled = tf.mul(x, 2);
        return { x, weight, first: doubled, second: doubled, reshaped: tf.reshape(x, [1, 2]) };
      },
      { constants: [floats(7, 8)] },
    ) as unknown as (x: NdArray) => Promise<Record<string, NdArray>>;
    const x = floats(1, 2);
    const result = await f(x);
    expect(values(result.x)).toEqual([1, 2]);
    expect(values(result.weight)).toEqual([7, 8]);
    expect(values(result.first)).toEqual([2, 4]);
    expect(values(result.second)).toEqual([2, 4]);
    expect(result.reshaped.shape).toEqual([1, 2]);
    // A result has its own memory: writing to the argument later does not change it.
    x.data[0] = 99;
    expect(values(result.x)).toEqual([1, 2]);
    expect(values(result.reshaped)).toEqual([1, 2]);
  });

  test('booleans and integers', async () => {
    const f = jit((a: tf.Tensor, b: tf.Tensor) => [
      tf.logicalAnd(a, tf.greater(b, 1)),
      tf.add(b, b),
    ]);
    const [mask, more] = await f(
      ndarray(Uint8Array.of(1, 1, 0), [3]),
      ndarray(Int32Array.of(1, 2, 3), [3]),
    );
    expect(mask).toMatchObject({ dtype: 'bool', shape: [3] });
    expect(values(mask)).toEqual([0, 1, 0]);
    expect(more.dtype).toBe('int32');
    expect(values(more)).toEqual([2, 4, 6]);
    await f.dispose();
  });

  test('a function that makes something of nothing', async () => {
    const f = jit(() => tf.range(0, 4, 1, 'int32'));
    expect(values(await f())).toEqual([0, 1, 2, 3]);
    await f.dispose();
  });
});

describe('compilations', () => {
  test('are kept per shape and dtype', async () => {
    const { counter, fn } = counted((x: tf.Tensor) => tf.mul(x, 2));
    const f = jit(fn);
    await f(floats(1));
    await f(floats(2));
    expect(counter.traces).toBe(1);
    await f(floats(1, 2));
    expect(counter.traces).toBe(2);
    await f(ndarray(Int32Array.of(1), [1]));
    expect(counter.traces).toBe(3);
    await f(ndarray(Float32Array.of(1), [1, 1]));
    expect(counter.traces).toBe(4);
    await f.dispose();
  });

  test('the least recently used one goes', async () => {
    const { counter, fn } = counted((x: tf.Tensor) => tf.mul(x, 2));
    const f = jit(fn, { cacheSize: 2 });
    const [one, two, three] = [floats(1), floats(1, 2), floats(1, 2, 3)];
    await f(one);
    await f(two);
    await f(one);
    await f(three); // drops two
    expect(counter.traces).toBe(3);
    await f(one);
    expect(counter.traces).toBe(3);
    expect(values(await f(two))).toEqual([2, 4]);
    expect(counter.traces).toBe(4);
    await f.dispose();
  });

  test('one that is in use is freed only afterwards', async () => {
    const f = jit((x: tf.Tensor) => tf.mul(x, 2), { cacheSize: 1 });
    const calls = Array.from({ length: 12 }, (_, i) =>
      f(ndarray(new Float32Array(i + 1).fill(i), [i + 1])),
    );
    const results = await Promise.all(calls);
    results.forEach((result, i) => {
      expect(values(result)).toEqual(Array(i + 1).fill(2 * i));
    });
    await f.dispose();
  });

  test('concurrent first calls share one', async () => {
    const { counter, fn } = counted((x: tf.Tensor) => tf.add(x, 1));
    const f = jit(fn);
    const results = await Promise.all([1, 2, 3, 4].map((number) => f(floats(number))));
    expect(results.map(values)).toEqual([[2], [3], [4], [5]]);
    expect(counter.traces).toBe(1);
    await f.dispose();
  });

  test('two compiled functions at once', async () => {
    const double = jit((x: tf.Tensor) => tf.mul(x, 2));
    const square = jit((x: tf.Tensor) => tf.square(x));
    const [a, b] = await Promise.all([double(floats(3)), square(floats(3))]);
    expect([values(a), values(b)]).toEqual([[6], [9]]);
    await Promise.all([double.dispose(), square.dispose()]);
  });
});

describe('named dimensions', () => {
  test('one compilation serves all sizes of them', async () => {
    const { counter, fn } = counted((x: tf.Tensor2D, weights: tf.Tensor1D) => ({
      flat: tf.reshape(tf.mul(x, 2), [x.shape[0] * x.shape[1]]),
      sum: tf.dot(x, weights),
    }));
    const f = jit(fn, { dimensions: [['rows', 'columns'], ['columns']] });
    const found: number[][] = [];
    for (const [rows, columns] of [
      [2, 3],
      [1, 1],
      [4, 2],
    ]) {
      const ones = new Float32Array(columns).fill(1);
      const x = ndarray(
        Float32Array.from({ length: rows * columns }, (_, i) => i),
        [rows, columns],
      );
      const { flat, sum } = await f(x, ndarray(ones, [columns]));
      expect([flat.shape, sum.shape]).toEqual([[rows * columns], [rows]]);
      found.push(values(flat), values(sum));
    }
    expect(found).toEqual([
      [0, 2, 4, 6, 8, 10],
      [3, 12],
      [0],
      [0],
      [0, 2, 4, 6, 8, 10, 12, 14],
      [1, 5, 9, 13],
    ]);
    expect(counter.traces).toBe(2);
    await f.dispose();
  });

  test('other dimensions are compiled for one by one', async () => {
    const { counter, fn } = counted((x: tf.Tensor2D) => tf.sum(x, 1));
    const f = jit(fn, { dimensions: [['rows']] });
    const ones = (rows: number, columns: number) =>
      ndarray(new Float32Array(rows * columns).fill(1), [rows, columns]);
    for (const [rows, columns] of [
      [2, 3],
      [5, 3],
      [1, 4],
    ]) {
      expect(values(await f(ones(rows, columns)))).toEqual(Array(rows).fill(columns));
    }
    expect(counter.traces).toBe(4);
    await f.dispose();
  });
});

describe('dispose', () => {
  test('waits for calls under way, and a later call compiles anew', async () => {
    const { counter, fn } = counted((x: tf.Tensor2D) => tf.matMul(x, x));
    const f = jit(fn);
    const x = ndarray(new Float32Array(64 * 64).fill(1), [64, 64]);
    const calls = [f(x), f(x), f(x)];
    await f.dispose();
    for (const result of await Promise.all(calls)) expect(result.data[0]).toBe(64);
    expect((await f(x)).data[0]).toBe(64);
    expect(counter.traces).toBe(2);
    await f.dispose();
    await f.dispose();
  });

  test('while the first call is still compiling', async () => {
    const f = jit((x: tf.Tensor) => tf.mul(x, 3));
    const call = f(floats(2));
    const [result] = await Promise.all([call, f.dispose()]);
    expect(values(result)).toEqual([6]);
  });

  test('after a compilation that failed', async () => {
    const f = jit((x: tf.Tensor2D) => tf.matMul(x, x));
    const call = f(ndarray(new Float32Array(6), [2, 3]));
    call.catch(() => {});
    await f.dispose();
    await expect(call).rejects.toThrow(/inner/i);
    // The failure is not kept.
    expect((await f(ndarray(Float32Array.of(2), [1, 1]))).data[0]).toBe(4);
    await f.dispose();
  });
});

describe('constants', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-jit-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const side = 40;
  const weight = () =>
    ndarray(
      Float32Array.from({ length: side * side }, (_, i) => Math.sin(i)),
      [side, side],
    );
  const small = floats(...Array.from({ length: side }, (_, i) => i / side));
  const x = ndarray(
    Float32Array.from({ length: 2 * side }, (_, i) => Math.cos(i)),
    [2, side],
  );
  const apply = (w: { weight: tf.Tensor2D; bias: tf.Tensor1D }, input: tf.Tensor2D) =>
    tf.add(tf.matMul(input, w.weight, false, true), w.bias);

  async function constantResult(constants: { weight: NdArray; bias: NdArray }) {
    const f = jit(apply as never, { constants: [constants] }) as unknown as {
      (x: NdArray): Promise<NdArray>;
      dispose(): Promise<void>;
    };
    const result = await f(x);
    await f.dispose();
    return values(result);
  }

  test('from memory and from files in several folders equal arguments', async () => {
    const f = jit(apply);
    const expected = values(await f({ weight: weight(), bias: small }, x));
    await f.dispose();
    expect(await constantResult({ weight: weight(), bias: small })).toEqual(expected);

    const tensors = { weight: weight(), bias: small };
    const paths = [join(folder, 'a', 'model.safetensors'), join(folder, 'b', 'model.safetensors')];
    for (const path of paths) await writeSafetensors(path, new Map(Object.entries(tensors)));
    const [here, there] = paths.map((path) => openSafetensors(path));
    expect(here.get('weight')!.file).toBeDefined();
    const fromFile = { weight: here.get('weight')!, bias: here.get('bias')! };
    expect(await constantResult(fromFile)).toEqual(expected);
    expect(await constantResult({ ...fromFile, bias: there.get('bias')! })).toEqual(expected);

    // The Hub's cache keeps files elsewhere and links to them.
    const link = join(folder, 'snapshot', 'model.safetensors');
    mkdirSync(join(folder, 'snapshot'));
    symlinkSync(join('..', 'a', 'model.safetensors'), link);
    const linked = openSafetensors(link);
    const fromLink = { weight: linked.get('weight')!, bias: linked.get('bias')! };
    expect(await constantResult(fromLink)).toEqual(expected);

    // One folder's files are mapped; what lies elsewhere is read.
    const f2 = jit(
      ((a: tf.Tensor2D, b: tf.Tensor2D, input: tf.Tensor2D) =>
        tf.matMul(input, tf.add(a, b))) as never,
      { constants: [here.get('weight')!, there.get('weight')!] },
    ) as unknown as (x: NdArray) => Promise<NdArray>;
    const doubled = jit((w: tf.Tensor2D, input: tf.Tensor2D) => tf.matMul(input, tf.add(w, w)));
    expect(values(await f2(x))).toEqual(values(await doubled(weight(), x)));
    await doubled.dispose();
  });

  test('an eager tensor that the function closes over is built in', async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    const table = tf.tensor1d([1, 2, 3]);
    const uniform = tf.fill([3], 5);
    const flags = tf.tensor1d([true, false, true], 'bool');
    const f = jit((input: tf.Tensor) =>
      tf.where(flags, tf.add(tf.mul(input, table), uniform), tf.zerosLike(input)),
    );
    expect(values(await f(floats(1, 1, 2)))).toEqual([6, 0, 11]);
    // Both are still usable eagerly.
    expect(Array.from(table.dataSync())).toEqual([1, 2, 3]);
    expect(tf.getBackend()).toBe('cpu');
    tf.dispose([table, uniform, flags]);
    await f.dispose();
  });
});
