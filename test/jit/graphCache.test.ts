import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { cacheFolder, dropOldest } from '../../src/files/cacheFolder.js';
import { type JitOptions, jit, keptJit } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';

let home: string;
const before = { ...process.env };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fgdet-graphs-'));
  process.env.XDG_CACHE_HOME = home;
});
afterEach(() => {
  process.env = { ...before };
  rmSync(home, { recursive: true });
});

const fn = (weight: tf.Tensor2D, bias: tf.Tensor1D, x: tf.Tensor2D) => ({
  product: tf.softmax(tf.add(tf.matMul(x, weight), bias)),
  total: tf.sum(x),
});

const wave = (...shape: number[]) => {
  const size = shape.reduce((product, side) => product * side, 1);
  return ndarray(
    Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + shape.length)),
    shape,
  );
};

type Results = { product: NdArray; total: NdArray };
type Run = { (x: NdArray): Promise<Results>; dispose(): Promise<void> };

/** Weights in a file, as models have them. */
async function weights(scale = 1): Promise<NdArray[]> {
  const file = join(home, 'weights.safetensors');
  const scaled = (array: NdArray) =>
    ndarray(
      (array.data as Float32Array).map((value) => scale * value),
      array.shape,
    );
  await writeSafetensors(file, { weight: scaled(wave(40, 30)), bias: scaled(wave(30)) });
  const tensors = openSafetensors(file);
  return [tensors.get('weight')!, tensors.get('bias')!];
}

/** A call by what stands for a process of its own. @returns the results, and whether the function was traced. */
async function call(
  constants: NdArray[],
  x: NdArray,
  { identity = ['fn'], ...options }: JitOptions & { identity?: unknown } = {},
): Promise<{ results: Results; traced: boolean }> {
  let traced = false;
  const load = async () => {
    traced = true;
    return fn as never;
  };
  const compiled = keptJit(
    { load, identity },
    { constants, name: 'fn', ...options },
  ) as unknown as Run;
  const results = await compiled(x);
  await compiled.dispose();
  return { results, traced };
}

const graphs = () => {
  try {
    return readdirSync(cacheFolder('graphs')).filter((name) => name.endsWith('.graph'));
  } catch {
    return [];
  }
};

async function keptGraphs(count: number): Promise<string[]> {
  for (let i = 0; i < 200 && graphs().length < count; i++) await sleep(10);
  expect(graphs().length).toBe(count);
  return graphs().map((name) => join(cacheFolder('graphs'), name));
}

const bits = ({ product, total }: Results) => [
  Buffer.from(product.bytes).toString('hex'),
  Buffer.from(total.bytes).toString('hex'),
];

async function fresh(constants: NdArray[], x: NdArray): Promise<Results> {
  const compiled = jit(fn as never, { constants }) as unknown as Run;
  const results = await compiled(x);
  await compiled.dispose();
  return results;
}

test('a kept graph gives the bits of a fresh trace, without one', async () => {
  const constants = await weights();
  const x = wave(7, 40);
  const expected = bits(await fresh(constants, x));
  const first = await call(constants, x);
  expect([first.traced, bits(first.results)]).toEqual([true, expected]);
  await keptGraphs(1);
  const second = await call(constants, x);
  expect([second.traced, bits(second.results)]).toEqual([false, expected]);
});

test('weights are not in it: others in the same places are used', async () => {
  const x = wave(7, 40);
  await call(await weights(), x);
  const [file] = await keptGraphs(1);
  expect(readFileSync(file).length).toBeLessThan(40 * 30 * 4);
  const changed = await weights(2);
  const { results, traced } = await call(changed, x);
  expect(traced).toBe(false);
  expect(bits(results)).toEqual(bits(await fresh(changed, x)));
});

describe('is another graph', () => {
  test.each<[string, JitOptions & { identity?: unknown; x?: NdArray }]>([
    ['for other shapes', { x: wave(8, 40) }],
    ['for another function or other settings', { identity: ['fn', { heads: 2 }] }],
  ])('%s', async (_, { x = wave(7, 40), ...options }) => {
    const constants = await weights();
    await call(constants, wave(7, 40));
    await keptGraphs(1);
    expect((await call(constants, x, options)).traced).toBe(true);
    await keptGraphs(2);
  });

  test('for constants in memory with other values', async () => {
    const [, bias] = await weights();
    const x = wave(7, 40);
    await call([wave(40, 30), bias], x);
    await keptGraphs(1);
    expect((await call([wave(40, 30), bias], x)).traced).toBe(false);
    const other = wave(40, 30);
    other.data[5] += 1;
    const { results, traced } = await call([other, bias], x);
    expect(traced).toBe(true);
    expect(bits(results)).toEqual(bits(await fresh([other, bias], x)));
  });
});

test.each(['int8', 'float16'] as const)(
  'graphs in %s, which hold weights of their own, are not kept',
  async (precision) => {
    const constants = await weights();
    for (let i = 0; i < 2; i++) {
      expect((await call(constants, wave(7, 40), { precision })).traced).toBe(true);
    }
    expect(graphs()).toEqual([]);
  },
);

test('FGDET_GRAPH_CACHE=0 keeps nothing and reads nothing', async () => {
  const constants = await weights();
  await call(constants, wave(7, 40));
  await keptGraphs(1);
  process.env.FGDET_GRAPH_CACHE = '0';
  expect((await call(constants, wave(7, 40))).traced).toBe(true);
  expect((await call(constants, wave(9, 40))).traced).toBe(true);
  await sleep(50);
  expect(graphs().length).toBe(1);
});

describe('does no harm', () => {
  test.each<[string, (content: Buffer) => Uint8Array]>([
    ['cut short', (content) => content.subarray(0, content.length - 20)],
    ['damaged in the model', (content) => flipped(content, content.length - 30)],
    ['damaged in its digest', (content) => flipped(content, 3)],
    [
      'damaged in the names of its outputs',
      (content) => flipped(content, content.indexOf('output_0') + 7),
    ],
    ['empty', () => new Uint8Array()],
    ['something else', () => Buffer.from('{"key": 1}\nnothing of ours')],
  ])('a file that is %s', async (_, damage) => {
    const constants = await weights();
    const x = wave(7, 40);
    const expected = bits((await call(constants, x)).results);
    const [file] = await keptGraphs(1);
    const whole = readFileSync(file);
    writeFileSync(file, damage(whole));
    const { results, traced } = await call(constants, x);
    expect([traced, bits(results)]).toEqual([true, expected]);
    // It is written anew.
    for (let i = 0; i < 200 && !readFileSync(file).equals(whole); i++) await sleep(10);
    expect(readFileSync(file).equals(whole)).toBe(true);
  });

  test('a folder that cannot be written to, or made', async () => {
    const constants = await weights();
    const x = wave(7, 40);
    const expected = bits(await fresh(constants, x));
    process.env.XDG_CACHE_HOME = join(home, 'weights.safetensors');
    expect(bits((await call(constants, x)).results)).toEqual(expected);
    process.env.XDG_CACHE_HOME = mkdtempSync(join(home, 'readonly-'));
    chmodSync(process.env.XDG_CACHE_HOME, 0o500);
    expect(bits((await call(constants, x)).results)).toEqual(expected);
  });

  test('several at once', async () => {
    const constants = await weights();
    const x = wave(7, 40);
    const all = await Promise.all(Array.from({ length: 5 }, () => call(constants, x)));
    const expected = bits(await fresh(constants, x));
    for (const { results } of all) expect(bits(results)).toEqual(expected);
    await keptGraphs(1);
    await sleep(50);
    expect(readdirSync(cacheFolder('graphs')).length).toBe(1);
    expect((await call(constants, x)).traced).toBe(false);
  });
});

test('a folder of the cache has bounds: what was written last stays', async () => {
  for (let i = 0; i < 6; i++) {
    writeFileSync(join(home, `${i}`), Buffer.alloc(100));
    await sleep(15);
  }
  await dropOldest(home, { files: 4 });
  expect(readdirSync(home).sort()).toEqual(['2', '3', '4', '5']);
  await dropOldest(home, { files: 4, bytes: 250 });
  expect(readdirSync(home).sort()).toEqual(['4', '5']);
});

function flipped(content: Buffer, place: number): Buffer {
  const changed = Buffer.from(content);
  changed[place] ^= 1;
  return changed;
}
