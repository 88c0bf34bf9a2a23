import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { NdArray } from '../../../src/jit/index.js';
import {
  anyInteger,
  anyNumber,
  booleans,
  broadcastShapes,
  floats,
  integers,
  nonZeroInteger,
  nonZeroNumber,
  positiveInteger,
  positiveNumber,
  shapes,
} from './arrays.js';
import { call, type OperatorCase } from './harness.js';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** An operator that tfjs has for floats only. */
function real(run: Unary, element = anyNumber): OperatorCase[] {
  return [
    {
      title: 'float32',
      gradient: true,
      calls: shapes()
        .chain((shape) => floats(shape, element))
        .map((x) => call([x], run)),
    },
  ];
}

function unary(run: Unary, element = anyNumber, whole = anyInteger): OperatorCase[] {
  return [
    ...real(run, element),
    {
      title: 'int32',
      calls: shapes()
        .chain((shape) => integers(shape, whole))
        .map((x) => call([x], run)),
    },
  ];
}

interface Operands {
  /** What the first and the second operand are drawn from. */
  left?: fc.Arbitrary<number>;
  right?: fc.Arbitrary<number>;
  leftInteger?: fc.Arbitrary<number>;
  rightInteger?: fc.Arbitrary<number>;
  gradient?: boolean;
}

function binary(run: Binary, operands: Operands = {}): OperatorCase[] {
  const { left = anyNumber, right = left, gradient = true } = operands;
  const { leftInteger = anyInteger, rightInteger = leftInteger } = operands;
  const pair = (
    title: string,
    a: (shape: readonly number[]) => fc.Arbitrary<NdArray>,
    b: (shape: readonly number[]) => fc.Arbitrary<NdArray>,
  ) => ({
    title,
    calls: broadcastShapes(2)
      .chain(([first, second]) => fc.tuple(a(first), b(second)))
      .map((args) => call(args, run)),
    gradient: gradient && title === 'float32',
  });
  return [
    pair(
      'float32',
      (shape) => floats(shape, left),
      (shape) => floats(shape, right),
    ),
    pair(
      'int32',
      (shape) => integers(shape, leftInteger),
      (shape) => integers(shape, rightInteger),
    ),
    pair(
      'int32 and float32',
      (shape) => integers(shape, leftInteger),
      (shape) => floats(shape, right),
    ),
    pair('float32 and bool', (shape) => floats(shape, left), booleans),
  ];
}

/** tfjs itself fails on the gradient where the operands broadcast. */
function equalShapesForGradient(run: Binary): OperatorCase[] {
  return [
    ...binary(run, { gradient: false }),
    {
      title: 'equal shapes',
      gradient: true,
      calls: shapes()
        .chain((shape) => fc.tuple(floats(shape), floats(shape)))
        .map((args) => call(args, run)),
    },
  ];
}

function withoutBool(cases: OperatorCase[]): OperatorCase[] {
  return cases.filter(({ title }) => !title.includes('bool'));
}

function comparison(run: Binary): OperatorCase[] {
  return [...binary(run, { gradient: false }), logical(run)];
}

function logical(run: Binary): OperatorCase {
  return {
    title: 'bool',
    calls: broadcastShapes(2)
      .chain(([first, second]) => fc.tuple(booleans(first), booleans(second)))
      .map((args) => call(args, run)),
  };
}

const specials = fc.constantFrom(NaN, Infinity, -Infinity, 0, 1.5);

function classifying(run: Unary): OperatorCase[] {
  return [
    {
      title: 'float32 with NaN and infinities',
      calls: shapes()
        .chain((shape) => floats(shape, specials))
        .map((x) => call([x], run)),
    },
  ];
}

const divisor = {
  right: nonZeroNumber,
  rightInteger: nonZeroInteger,
};

/** Elementwise kernels: uses of each, by the kernel's name. */
export const elementwise: Record<string, OperatorCase[]> = {
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Multiply: binary(tf.mul),
  RealDiv: [
    ...withoutBool(binary(tf.div, divisor)).filter(({ title }) => title !== 'int32'),
    {
      title: 'int32 as a kernel',
      calls: broadcastShapes(2)
        .chain(([a, b]) => fc.tuple(integers(a), integers(b, nonZeroInteger)))
        .map((args) =>
          call(
            args,
            (a: tf.Tensor, b: tf.Tensor) => tf.engine().runKernel('RealDiv', { a, b }) as tf.Tensor,
          ),
        ),
    },
  ],
  FloorDiv: withoutBool(binary(tf.floorDiv, { ...divisor, gradient: false })),
  Mod: withoutBool(binary(tf.mod, divisor)),
  Pow: binary(tf.pow, {
    left: positiveNumber,
    right: anyNumber,
    leftInteger: nonZeroInteger,
    rightInteger: fc.integer({ min: 0, max: 3 }),
  }),
  Maximum: equalShapesForGradient(tf.maximum),
  Minimum: equalShapesForGradient(tf.minimum),
  SquaredDifference: equalShapesForGradient(tf.squaredDifference),
  Greater: comparison(tf.greater),
  GreaterEqual: comparison(tf.greaterEqual),
  Less: comparison(tf.less),
  LessEqual: comparison(tf.lessEqual),
  Equal: comparison(tf.equal),
  NotEqual: comparison(tf.notEqual),
  LogicalAnd: [logical(tf.logicalAnd)],
  LogicalOr: [logical(tf.logicalOr)],
  LogicalNot: [
    {
      title: 'bool',
      calls: shapes()
        .chain(booleans)
        .map((x) => call([x], tf.logicalNot)),
    },
  ],
  Abs: unary(tf.abs),
  Neg: unary(tf.neg),
  Sign: unary(tf.sign),
  Exp: unary(tf.exp),
  Log: real(tf.log, positiveNumber),
  Log1p: unary(tf.log1p, positiveNumber, positiveInteger),
  Expm1: unary(tf.expm1),
  Sqrt: real(tf.sqrt, positiveNumber),
  Rsqrt: real(tf.rsqrt, positiveNumber),
  Reciprocal: unary(tf.reciprocal, nonZeroNumber, nonZeroInteger),
  Square: unary(tf.square),
  Sigmoid: real(tf.sigmoid),
  Tanh: real(tf.tanh),
  Softplus: unary(tf.softplus),
  Erf: unary(tf.erf),
  Sin: real(tf.sin),
  Cos: real(tf.cos),
  Floor: real(tf.floor),
  Ceil: real(tf.ceil),
  Round: unary(tf.round),
  Relu: unary(tf.relu),
  Relu6: unary((x) => tf.relu6(tf.mul(x, 4))),
  Elu: real(tf.elu),
  EluGrad: [
    {
      title: 'float32',
      calls: shapes()
        .chain((shape) => fc.tuple(floats(shape), floats(shape)))
        .map((args) =>
          call(
            args,
            (dy: tf.Tensor, x: tf.Tensor) =>
              tf.engine().runKernel('EluGrad', { dy, y: tf.elu(x) }) as tf.Tensor,
          ),
        ),
    },
  ],
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.3)),
  ClipByValue: unary((x) => tf.clipByValue(x, -1, 2)),
  Step: unary((x) => tf.step(x, 0.25)),
  IsNan: classifying(tf.isNaN),
  IsInf: classifying(tf.isInf),
  IsFinite: classifying(tf.isFinite),
  Identity: unary(tf.clone),
  Cast: (['float32', 'int32', 'bool'] as const).flatMap((to) => [
    ...unary((x) => tf.cast(x, to)).map((one) => ({
      ...one,
      title: `${one.title} to ${to}`,
      gradient: one.gradient && to === 'float32',
    })),
    {
      title: `bool to ${to}`,
      calls: shapes()
        .chain(booleans)
        .map((x) => call([x], (y: tf.Tensor) => tf.cast(y, to))),
    },
  ]),
  Select: [
    ...(['float32', 'int32', 'bool'] as const).map((dtype) => ({
      title: dtype,
      gradient: dtype === 'float32',
      calls: broadcastShapes(3)
        .chain(([condition, a, b]) => {
          const operand = { float32: floats, int32: integers, bool: booleans }[dtype];
          return fc.tuple(
            booleans(condition),
            operand(a) as fc.Arbitrary<NdArray>,
            operand(b) as fc.Arbitrary<NdArray>,
          );
        })
        .map((args) => call(args, tf.where)),
    })),
  ],
  AddN: (['float32', 'int32'] as const).map((dtype) => ({
    title: dtype,
    gradient: dtype === 'float32',
    calls: fc
      .tuple(shapes(), fc.integer({ min: 1, max: 4 }))
      .chain(([shape, count]) =>
        fc.tuple(
          ...Array.from({ length: count }, () =>
            dtype === 'float32' ? floats(shape) : integers(shape),
          ),
        ),
      )
      .map((args) => call(args, (...terms: tf.Tensor[]) => tf.addN(terms))),
  })),
};
