import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { floats, integers } from './arrays.js';
import { pair } from './convolution.js';
import { call, type OperatorCase } from './harness.js';

type Resize = typeof tf.image.resizeBilinear;
type Size = [number, number];
type Rule = [corners: boolean, centres: boolean];

/** Alignments: corners aligned, centres of pixels at halves. */
const anyRule = fc.constantFrom<Rule[]>([false, false], [true, false], [false, true]);
/** tfjs's gradients take centres of pixels for corners. */
const cornerRule = fc.constantFrom<Rule[]>([false, false], [true, false]);
const sides = pair(1, 5);

function resized(
  resize: Resize,
  from: fc.Arbitrary<Size>,
  to: (from: Size) => fc.Arbitrary<Size>,
  rules: fc.Arbitrary<Rule>,
  mostImages = 2,
): OperatorCase['calls'] {
  return fc
    .tuple(from, fc.integer({ min: 1, max: mostImages }), fc.integer({ min: 1, max: 3 }))
    .chain(([size, batch, channels]) =>
      fc.tuple(floats([batch, ...size, channels]), to(size), rules),
    )
    .map(([x, size, [corners, centres]]) =>
      call([x], (y: tf.Tensor4D) => resize(y, size, corners, centres)),
    );
}

const anySize = () => pair(1, 9);
const wholeFactors = ([rows, columns]: Size) =>
  pair(1, 3).map(([down, across]): Size => [rows * down, columns * across]);

const { resizeBilinear, resizeNearestNeighbor } = tf.image;

const bilinearGradients: OperatorCase[] = [
  {
    // tfjs mixes up height and width in the shape of the gradient.
    title: 'from a square',
    gradient: true,
    calls: resized(
      resizeBilinear,
      fc.integer({ min: 1, max: 5 }).map((side) => [side, side]),
      anySize,
      cornerRule,
    ),
  },
];

/**
 * tfjs takes the gradients of a second picture from the wrong place, and never returns where one row or column is
 * aligned by corners.
 */
const nearestGradients: OperatorCase[] = [
  ['by whole factors', wholeFactors] as const,
  ['to any size', anySize] as const,
].flatMap(([title, to]) =>
  [
    { title, from: sides, corners: false },
    { title: `${title}, corners aligned`, from: pair(2, 5), corners: true },
  ].map(({ title, from, corners }) => ({
    title,
    gradient: true,
    calls: resized(resizeNearestNeighbor, from, to, fc.constant<Rule>([corners, false]), 1),
  })),
);

/** Pictures in other sizes: uses of each kernel, by its name. */
export const resizing: Record<string, OperatorCase[]> = {
  ResizeBilinear: [
    { title: 'float32', calls: resized(resizeBilinear, sides, anySize, anyRule) },
    {
      title: 'int32',
      calls: fc
        .tuple(integers([1, 3, 4, 2]), pair(1, 9))
        .map(([x, size]) => call([x], (y: tf.Tensor4D) => resizeBilinear(y, size))),
    },
  ],
  ResizeBilinearGrad: bilinearGradients,
  ResizeNearestNeighbor: [
    {
      title: 'by whole factors',
      calls: resized(resizeNearestNeighbor, sides, wholeFactors, anyRule),
    },
    { title: 'to any size', calls: resized(resizeNearestNeighbor, sides, anySize, anyRule) },
    {
      title: 'int32',
      calls: fc
        .tuple(integers([1, 3, 4, 2]), pair(1, 9))
        .map(([x, size]) => call([x], (y: tf.Tensor4D) => resizeNearestNeighbor(y, size))),
    },
  ],
  ResizeNearestNeighborGrad: nearestGradients,
};
