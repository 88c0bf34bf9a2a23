import * as tf from '@tensorflow/tfjs-core';
import { hardLosses, sigmoidShare, textContrast } from '../../src/fgclip2/losses.js';
import { jit } from '../../src/jit/jit.js';
import { ndarray } from '../../src/jit/ndarray.js';

const matrix = (rows: number[][]) =>
  ndarray(Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
const floats = (...values: number[]) => ndarray(Float32Array.from(values), [values.length]);
const ints = (...values: number[]) => ndarray(Int32Array.from(values), [values.length]);
const scalar = (value: number) => ndarray(Float32Array.of(value), []);

function cosine(x: number[], y: number[]): number {
  const dot = x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot / Math.hypot(...x) / Math.hypot(...y);
}

const images = [
  [1, 0.2, 0],
  [0, 1, -0.3],
  [0.4, 0, 1],
];
const texts = [
  [0.9, 0, 0.1],
  [0.1, 0.8, 0],
  [0, 0.3, 0.7],
];

describe('the sigmoid loss', () => {
  const share = jit(
    (
      rows: tf.Tensor2D,
      all: tf.Tensor2D,
      of: tf.Tensor2D,
      places: tf.Tensor1D,
      same?: { rows: tf.Tensor1D; all: tf.Tensor1D },
    ) => sigmoidShare([rows, all], [of, of], tf.scalar(1.5), tf.scalar(-2), places, same),
  );
  const pair = (i: number, j: number) => {
    const logit = Math.exp(1.5) * cosine(images[i], texts[j]) - 2;
    return Math.log(1 + Math.exp(i === j ? -logit : logit));
  };
  const expected = (counts: (i: number, j: number) => boolean) =>
    [0, 1, 2]
      .flatMap((i) => [0, 1, 2].map((j) => (counts(i, j) ? pair(i, j) : 0)))
      .reduce((sum, value) => sum + value / 3, 0);

  test('is that of every pair by itself, in shares as in the whole', async () => {
    const [all, of] = [matrix(images), matrix(texts)];
    const whole = await share(all, all, of, ints(0, 1, 2));
    expect(whole.data[0]).toBeCloseTo(
      expected(() => true),
      5,
    );
    const first = await share(matrix(images.slice(0, 1)), all, of, ints(0));
    const rest = await share(matrix(images.slice(1)), all, of, ints(1, 2));
    expect(first.data[0] + rest.data[0]).toBeCloseTo(whole.data[0], 5);
  });

  test('leaves out pairs whose text is that of another picture', async () => {
    const [all, of] = [matrix(images), matrix(texts)];
    const numbers = ints(7, 8, 7);
    const found = await share(all, all, of, ints(0, 1, 2), { rows: numbers, all: numbers });
    expect(found.data[0]).toBeCloseTo(
      expected((i, j) => i === j || i + j !== 2),
      5,
    );
  });
});

describe('the contrast among texts', () => {
  const contrast = jit(textContrast);

  test('is over as many as there are, without those that say the same', async () => {
    const rows = [...texts, texts[0]];
    const found = await contrast(matrix(rows), floats(1, 1, 1, 1));
    const expected = rows.map((row, i) => {
      const held = rows.map((other, j) => {
        const near = cosine(row, other);
        return Math.exp(i === j || near > 0.95 ? 0 : near);
      });
      return Math.log(held.reduce((sum, value) => sum + value)) / rows.length;
    });
    expect(found.data[0]).toBeCloseTo(
      expected.reduce((sum, value) => sum + value),
      5,
    );
    // What does not count changes nothing.
    const padded = await contrast(matrix([...rows, [0.5, 0.5, 0]]), floats(1, 1, 1, 1, 0));
    expect(padded.data[0]).toBeCloseTo(found.data[0], 6);
  });

  test('takes the ten nearest, and is zero without texts', async () => {
    const many = Array.from({ length: 30 }, (_, i) => [Math.cos(i), Math.sin(i), 0]);
    const all = await contrast(matrix(many), floats(...many.map(() => 1)));
    expect(all.data[0]).toBeLessThan(Math.log(10) + 1);
    expect(all.data[0]).toBeGreaterThan(Math.log(10));
    expect((await contrast(matrix(texts), floats(0, 0, 0))).data[0]).toBe(0);
  });
});

test('of hard negatives none gives zero, and the margin stays', async () => {
  const losses = jit(
    (
      regions: tf.Tensor2D,
      described: tf.Tensor3D,
      scale: tf.Scalar,
      valid: tf.Tensor1D,
      margin: tf.Scalar,
    ) => ({ ...hardLosses(regions, described, scale, valid, margin) }),
  );
  const described = ndarray(Float32Array.from([...texts, ...texts].flat()), [2, 3, 3]);
  const regions = matrix(images.slice(0, 2));
  const found = await losses(regions, described, scalar(1), floats(0, 0), scalar(0.4));
  const values = Object.entries(found).map(([name, { data }]) => [name, data[0] + 0]);
  expect(Object.fromEntries(values)).toEqual({
    ...{ contrastive: 0, pair: 0, margin: 0, gap: Math.fround(0.4) },
  });
});
