import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { floats } from './arrays.js';
import { call, type OperatorCase } from './harness.js';

type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
type Pair = [number, number];

export const pair = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

/** Zeros per side of the picture, as many on one as on the other or not. */
const explicit: fc.Arbitrary<Padding> = fc
  .tuple(pair(0, 3), pair(0, 3))
  .map(([rows, columns]) => [[0, 0], rows, columns, [0, 0]]);

const named = fc.constantFrom<Padding>('same', 'valid');

interface Convolution {
  batch: number;
  size: Pair;
  inner: number;
  channels: number;
  kernel: Pair;
  strides: Pair;
  dilations: Pair;
  padding: Padding;
}

const one = fc.constant<Pair>([1, 1]);

function convolutionsWith(
  changed: {
    [K in keyof Convolution]?: fc.Arbitrary<Convolution[K]>;
  },
): fc.Arbitrary<Convolution> {
  return fc.record({
    batch: fc.integer({ min: 1, max: 2 }),
    size: pair(5, 9),
    inner: fc.integer({ min: 1, max: 3 }),
    channels: fc.integer({ min: 1, max: 3 }),
    kernel: pair(1, 3),
    strides: pair(1, 3),
    dilations: one,
    padding: fc.oneof(named, explicit),
    ...changed,
  });
}

const square = (max: number) => fc.integer({ min: 1, max }).map((side): Pair => [side, side]);

/** Ways in which the windows can lie, by what is special about them; with dilations tfjs has no gradient. */
const ways = {
  'with strides': convolutionsWith({}),
  'without strides': convolutionsWith({ strides: one }),
  'of single places': convolutionsWith({ kernel: one, strides: one, padding: named }),
  'of single places with strides': convolutionsWith({ kernel: one, padding: named }),
  'of the whole picture': convolutionsWith({
    size: fc.constant([3, 2]),
    kernel: fc.constant([3, 2]),
    padding: named,
  }),
  'with one padding for both sides': convolutionsWith({
    kernel: square(3),
    strides: square(3),
    padding: fc.integer({ min: 0, max: 2 }),
  }),
};

const dilated = convolutionsWith({ strides: one, dilations: pair(1, 2) });

function ofEach<K extends string>(
  which: readonly K[],
  calls: (way: K) => OperatorCase['calls'],
): OperatorCase[] {
  return which.map((title) => ({ title, gradient: true, calls: calls(title) }));
}

const everyWay = Object.keys(ways) as (keyof typeof ways)[];

const picture = ({ batch, size, inner }: Convolution) => [batch, ...size, inner];
const filter = ({ kernel, inner, channels }: Convolution) => [...kernel, inner, channels];

function calls2d(sizes: fc.Arbitrary<Convolution>): OperatorCase['calls'] {
  return sizes
    .chain((sizes) => fc.tuple(floats(picture(sizes)), floats(filter(sizes)), fc.constant(sizes)))
    .map(([x, w, { strides, padding, dilations }]) =>
      call([x, w], (image: tf.Tensor4D, kernel: tf.Tensor4D) =>
        tf.conv2d(image, kernel, strides, padding, 'NHWC', dilations),
      ),
    );
}

function fusedCalls(
  sizes: fc.Arbitrary<Convolution>,
  activation: 'linear' | 'relu',
  biasShape: (channels: number) => number[],
): OperatorCase['calls'] {
  return sizes
    .chain((sizes) =>
      fc.tuple(
        floats(picture(sizes)),
        floats(filter(sizes)),
        floats(biasShape(sizes.channels)),
        fc.constant(sizes),
      ),
    )
    .map(([x, w, b, { strides, padding: pad, dilations }]) =>
      call([x, w, b], (image: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor) =>
        tf.fused.conv2d({ x: image, filter: kernel, bias, strides, pad, dilations, activation }),
      ),
    );
}

function depthwiseCalls(sizes: fc.Arbitrary<Convolution>): OperatorCase['calls'] {
  return sizes
    .chain((sizes) => fc.tuple(floats(picture(sizes)), floats(filter(sizes)), fc.constant(sizes)))
    .map(([x, w, { strides, padding, dilations }]) =>
      call([x, w], (image: tf.Tensor4D, kernel: tf.Tensor4D) =>
        tf.depthwiseConv2d(image, kernel, strides, padding as 'same', 'NHWC', dilations),
      ),
    );
}

function fusedDepthwiseCalls(sizes: fc.Arbitrary<Convolution>): OperatorCase['calls'] {
  return sizes
    .chain((sizes) =>
      fc.tuple(
        floats(picture(sizes)),
        floats(filter(sizes)),
        floats([sizes.inner * sizes.channels]),
        fc.constant(sizes),
      ),
    )
    .map(([x, w, b, { strides, padding, dilations }]) =>
      call([x, w, b], (image: tf.Tensor4D, kernel: tf.Tensor4D, bias: tf.Tensor) =>
        tf.fused.depthwiseConv2d({
          ...{ x: image, filter: kernel, bias, strides, dilations },
          pad: padding as 'same',
        }),
      ),
    );
}

const everyDepthwise = ofEach(everyWay, (way) => depthwiseCalls(ways[way]));
const perChannel = (channels: number) => [channels];

/** Convolutions: uses of each kernel, by its name. */
export const convolutions: Record<string, OperatorCase[]> = {
  Conv2D: [
    ...ofEach(everyWay, (way) => calls2d(ways[way])),
    { title: 'with dilations', calls: calls2d(dilated) },
    {
      title: 'with the number of windows rounded up',
      calls: fc
        .tuple(floats([1, 6, 8, 2]), floats([2, 2, 2, 3]), fc.constantFrom('ceil', 'floor'))
        .map(([x, w, rounding]) =>
          call([x, w], (image: tf.Tensor4D, kernel: tf.Tensor4D) =>
            tf.conv2d(image, kernel, 3, 0, 'NHWC', 1, rounding as 'ceil'),
          ),
        ),
    },
  ],
  Conv2DBackpropInput: ofEach(everyWay, (way) => calls2d(ways[way])),
  Conv2DBackpropFilter: ofEach(everyWay, (way) => calls2d(ways[way])),
  FusedConv2D: [
    ...ofEach(everyWay, (way) => fusedCalls(ways[way], 'linear', perChannel)),
    {
      title: 'one bias for all',
      gradient: true,
      calls: fusedCalls(ways['with strides'], 'linear', () => []),
    },
    { title: 'with dilations', calls: fusedCalls(dilated, 'linear', perChannel) },
    { title: 'relu', calls: fusedCalls(ways['with strides'], 'relu', perChannel) },
    {
      title: 'relu of single places',
      calls: fusedCalls(ways['of single places'], 'relu', perChannel),
    },
  ],
  'FusedConv2D with relu': ofEach(everyWay, (way) => fusedCalls(ways[way], 'relu', perChannel)),
  conv2dTranspose: [
    {
      title: 'with strides',
      gradient: true,
      calls: ways['with strides']
        .filter(({ padding }) => typeof padding === 'string')
        .chain((sizes) => {
          const { batch, size, inner, kernel, channels } = sizes;
          const { outHeight, outWidth } = tf.backend_util.computeConv2DInfo(
            [batch, ...size, inner],
            [...kernel, inner, channels],
            sizes.strides,
            1,
            sizes.padding as 'same',
          );
          return fc.tuple(
            floats([batch, outHeight, outWidth, channels]),
            floats(filter(sizes)),
            fc.constant(sizes),
          );
        })
        .map(([x, w, { batch, size, inner, strides, padding }]) =>
          call([x, w], (image: tf.Tensor4D, kernel: tf.Tensor4D) =>
            tf.conv2dTranspose(image, kernel, [batch, ...size, inner], strides, padding as 'same'),
          ),
        ),
    },
  ],
  'convolutions one after the other': [
    {
      title: 'with filters stored as PyTorch has them',
      gradient: true,
      tolerance: 1e-4,
      calls: fc
        .tuple(floats([2, 6, 5, 3]), floats([4, 3, 3, 3]), floats([2, 4, 3, 3]))
        .map((args) =>
          call(args, (x: tf.Tensor4D, first: tf.Tensor4D, second: tf.Tensor4D) => {
            const turned = (w: tf.Tensor4D) => tf.transpose(w, [2, 3, 1, 0]);
            return tf.conv2d(tf.conv2d(x, turned(first), 1, 'same'), turned(second), 2, 'same');
          }),
        ),
    },
  ],
  'convolutions of single places behind others': [
    {
      title: 'with what has channels first in between',
      gradient: true,
      tolerance: 1e-4,
      calls: fc
        .tuple(floats([2, 6, 5, 3]), floats([3, 3, 3, 4]), floats([1, 1, 8, 2]), floats([2]))
        .map((args) =>
          call(args, (x: tf.Tensor4D, first: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor) => {
            const y = tf.conv2d(x, first, 1, 'same');
            const wide = tf.concat([tf.relu6(y), tf.add(y, 1)], 3) as tf.Tensor4D;
            return tf.fused.conv2d({ x: wide, filter, bias, strides: 2, pad: 'same' });
          }),
        ),
    },
  ],
  DepthwiseConv2dNative: [
    ...everyDepthwise,
    {
      title: 'with dilations',
      calls: depthwiseCalls(
        convolutionsWith({ strides: one, dilations: pair(1, 2), padding: named }),
      ),
    },
  ],
  FusedDepthwiseConv2D: ofEach(everyWay, (way) => fusedDepthwiseCalls(ways[way])),
  DepthwiseConv2dNativeBackpropInput: everyDepthwise,
  DepthwiseConv2dNativeBackpropFilter: everyDepthwise,
};
