import type * as tf from '@tensorflow/tfjs-core';
import { jit } from '../../src/jit/index.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { hardNegativeLoss, infoNce } from '../../src/nn/contrastiveLosses.js';
import { valueAndGradients } from '../../training/gradients.js';

const scale = ndarray(Float32Array.of(1.5), []);

function matrix(rows: number[][]): NdArray {
  return ndarray(Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
}

/** Loss and gradient of `a`. */
const contrast = jit(function contrast(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  logitScale: tf.Scalar,
  pairing: { valid?: tf.Tensor1D; identity?: tf.Tensor1D },
) {
  const { value, gradients } = valueAndGradients(
    ({ features }) => ({ total: infoNce(features as tf.Tensor2D, b, logitScale, pairing) }),
    { features: a },
  );
  return { loss: value.total, gradient: gradients.features };
});

const a = [
  [1, 0.2, 0],
  [0, 1, -0.3],
  [0.4, 0, 1],
];
const b = [
  [0.9, 0, 0.1],
  [0.1, 0.8, 0],
  [0, 0.3, 0.7],
];

function cosine(x: number[], y: number[]): number {
  const dot = x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot / Math.hypot(...x) / Math.hypot(...y);
}

/** The mean of both directions' cross-entropies, written out. */
function byHand(rows: number[], negatives: (i: number, j: number) => boolean = () => true): number {
  const s = Math.exp(1.5);
  const entropy = (logit: (i: number, j: number) => number) =>
    rows.reduce((sum, i) => {
      const others = rows.filter((j) => j === i || negatives(i, j));
      const total = others.reduce((all, j) => all + Math.exp(logit(i, j)), 0);
      return sum - logit(i, i) + Math.log(total);
    }, 0) / rows.length;
  const forward = entropy((i, j) => s * cosine(a[i], b[j]));
  const backward = entropy((i, j) => s * cosine(a[j], b[i]));
  return (forward + backward) / 2;
}

describe('infoNce', () => {
  test('is the mean of both directions', async () => {
    const { loss } = await contrast(matrix(a), matrix(b), scale, {});
    expect(loss.data[0]).toBeCloseTo(byHand([0, 1, 2]), 5);
  });

  test('padding changes neither loss nor gradient, whatever it holds', async () => {
    const valid = ndarray(Float32Array.of(1, 1, 0), [3]);
    const two = await contrast(matrix(a.slice(0, 2)), matrix(b.slice(0, 2)), scale, {});
    for (const filler of [a[2], [0, 0, 0], a[0]]) {
      const padded = await contrast(matrix([a[0], a[1], filler]), matrix(b), scale, { valid });
      expect(padded.loss.data[0]).toBeCloseTo(two.loss.data[0], 5);
      [...two.gradient.data].forEach((value, i) => {
        expect(padded.gradient.data[i]).toBeCloseTo(value, 5);
      });
      expect([...padded.gradient.data.slice(6)].map(Math.abs)).toEqual([0, 0, 0]);
    }
  });

  test('no pair at all is zero, with a zero gradient', async () => {
    const valid = ndarray(new Float32Array(3), [3]);
    const { loss, gradient } = await contrast(matrix(a), matrix(b), scale, { valid });
    expect(loss.data[0]).toBe(0);
    expect([...gradient.data].map(Math.abs)).toEqual(Array(9).fill(0));
  });

  test('a single pair is zero', async () => {
    const { loss } = await contrast(matrix([a[0]]), matrix([b[0]]), scale, {});
    expect(loss.data[0]).toBeCloseTo(0, 6);
  });

  test('identical texts are not each other’s negatives when asked', async () => {
    const identity = ndarray(Int32Array.of(7, 4, 7), [3]);
    const { loss } = await contrast(matrix(a), matrix(b), scale, { identity });
    const twins = (i: number, j: number) => !(i !== j && i !== 1 && j !== 1);
    expect(loss.data[0]).toBeCloseTo(byHand([0, 1, 2], twins), 5);
  });
});

describe('hardNegativeLoss', () => {
  const loss = jit(hardNegativeLoss);
  const texts = ndarray(Float32Array.from([b[0], b[1], b[1], b[2]].flat()), [2, 2, 3]);

  test('is the mean cross-entropy of the first text', async () => {
    const found = await loss(matrix(a.slice(0, 2)), texts, scale, undefined);
    const s = Math.exp(1.5);
    const own = (region: number, first: number, second: number) =>
      Math.log(1 + Math.exp(s * (cosine(a[region], b[second]) - cosine(a[region], b[first]))));
    expect(found.data[0]).toBeCloseTo((own(0, 0, 1) + own(1, 1, 2)) / 2, 5);
  });

  test('no region is zero', async () => {
    const valid = ndarray(new Float32Array(2), [2]);
    expect((await loss(matrix(a.slice(0, 2)), texts, scale, valid)).data[0]).toBe(0);
  });
});
