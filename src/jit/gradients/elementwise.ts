import * as tf from '@tensorflow/tfjs-core';
import { defineGradient, noGradient, unbroadcast } from './define.js';

type Attributes = Record<string, unknown>;

/** Gradients that follow from the operand: dy and x to dx. */
const fromOperand: Record<
  string,
  (dy: tf.Tensor, x: tf.Tensor, attributes: Attributes) => tf.Tensor
> = {
  Abs: (dy, x) => tf.mul(dy, tf.sign(x)),
  Cast: (dy) => tf.cast(dy, 'float32'),
  ClipByValue: (dy, x, { clipValueMin, clipValueMax }) => {
    const inside = tf.logicalAnd(
      tf.greaterEqual(x, clipValueMin as number),
      tf.lessEqual(x, clipValueMax as number),
    );
    return tf.mul(dy, tf.cast(inside, 'float32'));
  },
  Cos: (dy, x) => tf.neg(tf.mul(dy, tf.sin(x))),
  Erf: (dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI))),
  Identity: (dy) => tf.cast(dy, 'float32'),
  LeakyRelu: (dy, x, { alpha }) => tf.mul(dy, tf.step(x, alpha as number)),
  Log: (dy, x) => tf.div(dy, x),
  Log1p: (dy, x) => tf.div(dy, tf.add(x, 1)),
  Neg: (dy) => tf.neg(dy),
  Relu: (dy, x) => tf.mul(dy, tf.step(x)),
  Relu6: (dy, x) => tf.mul(dy, tf.mul(tf.step(x), tf.cast(tf.lessEqual(x, 6), 'float32'))),
  Sin: (dy, x) => tf.mul(dy, tf.cos(x)),
  Softplus: (dy, x) => tf.mul(dy, tf.sigmoid(x)),
  Square: (dy, x) => tf.mul(dy, tf.mul(x, 2)),
};

/**
 * Gradients that follow from the result: the operator, and dy and y to dx. The result is computed anew, because
 * tfjs does not follow one that was kept into a gradient of the gradient; onnxruntime makes one node of the two.
 */
const fromResult: Record<
  string,
  [operator: (x: tf.Tensor) => tf.Tensor, gradient: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor]
> = {
  Elu: [tf.elu, (dy, y) => tf.engine().runKernel('EluGrad', { dy, y }) as tf.Tensor],
  Exp: [tf.exp, (dy, y) => tf.mul(dy, y)],
  Expm1: [tf.expm1, (dy, y) => tf.mul(dy, tf.add(y, 1))],
  Reciprocal: [tf.reciprocal, (dy, y) => tf.mul(dy, tf.neg(tf.square(y)))],
  Rsqrt: [tf.rsqrt, (dy, y) => tf.mul(dy, tf.mul(tf.mul(tf.square(y), y), -0.5))],
  Sigmoid: [tf.sigmoid, (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))],
  Sqrt: [tf.sqrt, (dy, y) => tf.div(dy, tf.mul(y, 2))],
  Tanh: [tf.tanh, (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))],
};

/** Operators of one operand whose result changes in steps, or not at all. */
const constant = 'Ceil Floor IsFinite IsInf IsNan OnesLike Round Sign Step ZerosLike'.split(' ');

for (const [kernel, gradient] of Object.entries(fromOperand)) {
  defineGradient(kernel, { inputs: ['x'] }, (dy, [x], attributes) => ({
    x: () => gradient(dy, x, attributes),
  }));
}
for (const [kernel, [operator, gradient]] of Object.entries(fromResult)) {
  defineGradient(kernel, { inputs: ['x'] }, (dy, [x]) => ({ x: () => gradient(dy, operator(x)) }));
}
for (const kernel of constant) {
  defineGradient(kernel, { inputs: ['x'] }, (_, [x]) => ({ x: () => noGradient(x) }));
}

type Binary = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor, y: tf.Tensor) => tf.Tensor;

const where = (condition: tf.Tensor, dy: tf.Tensor) => tf.mul(dy, tf.cast(condition, 'float32'));

/** Gradients of both operands, before what broadcasting repeated is summed. */
const ofBoth: Record<string, [a: Binary, b: Binary]> = {
  Add: [(dy) => dy, (dy) => dy],
  Sub: [(dy) => dy, (dy) => tf.neg(dy)],
  Multiply: [(dy, _, b) => tf.mul(dy, b), (dy, a) => tf.mul(dy, a)],
  RealDiv: [(dy, _, b) => tf.div(dy, b), (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b)))],
  Mod: [(dy) => dy, (dy, a, b) => tf.neg(tf.mul(dy, tf.floor(tf.div(a, b))))],
  Maximum: [(dy, a, b) => where(tf.greaterEqual(a, b), dy), (dy, a, b) => where(tf.less(a, b), dy)],
  Minimum: [(dy, a, b) => where(tf.lessEqual(a, b), dy), (dy, a, b) => where(tf.greater(a, b), dy)],
  SquaredDifference: [
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ],
  FloorDiv: [(dy) => tf.zerosLike(dy), (dy) => tf.zerosLike(dy)],
  GreaterEqual: [(dy) => noGradient(dy), (dy) => noGradient(dy)],
  LessEqual: [(dy) => noGradient(dy), (dy) => noGradient(dy)],
};

for (const [kernel, [ofA, ofB]] of Object.entries(ofBoth)) {
  defineGradient(kernel, { inputs: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => unbroadcast(ofA(dy, float(a), float(b), dy), a.shape),
    b: () => unbroadcast(ofB(dy, float(a), float(b), dy), b.shape),
  }));
}

/** An operand of whole numbers or booleans beside one that has a gradient. */
function float(x: tf.Tensor): tf.Tensor {
  return tf.cast(x, 'float32');
}

defineGradient('Pow', { inputs: ['a', 'b'] }, (dy, [a, b]) => ({
  a: () => {
    const exponent = float(b);
    const slope = tf.mul(exponent, tf.pow(a, tf.sub(exponent, 1)));
    return unbroadcast(tf.mul(dy, slope), a.shape);
  },
  b: () => {
    const base = float(a);
    const logarithm = tf.where(tf.greater(base, 0), tf.log(base), tf.zerosLike(base));
    return unbroadcast(tf.mul(dy, tf.mul(tf.pow(base, b), logarithm)), b.shape);
  },
}));

defineGradient('AddN', { list: true }, (dy, terms) => terms.map(() => () => dy));

defineGradient('Select', { inputs: ['condition', 't', 'e'] }, (dy, [condition]) => ({
  condition: () => noGradient(condition),
  t: () => tf.mul(dy, tf.cast(condition, 'float32')),
  e: () => tf.mul(dy, tf.cast(tf.logicalNot(condition), 'float32')),
}));
