import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { encodeGraph } from '../../../src/jit/encodedGraph.js';
import type { Target } from '../../../src/jit/graph.js';
import { type NdArray, ndarray } from '../../../src/jit/index.js';
import { Session } from '../../../src/jit/session.js';
import { traceArrays } from '../../../src/jit/traceArrays.js';
import { unflatten } from '../../../src/jit/tree.js';

type Tensors = tf.Tensor | readonly tf.Tensor[];

/** One use of an operator. */
export interface Call {
  args: readonly NdArray[];
  run: (...tensors: tf.Tensor[]) => Tensors;
}

/** A way to use an operator: random calls of it, and whether their gradients are compared too. */
export interface OperatorCase {
  title: string;
  calls: fc.Arbitrary<Call>;
  /** Default: when all operands are float32 and the operator has a gradient. */
  gradient?: boolean;
  /** Largest difference relative to the result's largest magnitude (or to 1 where that is less). */
  tolerance?: number;
}

/** Makes a call; `run` may name its tensors' types. */
export function call<T extends tf.Tensor[]>(
  args: readonly NdArray[],
  run: (...tensors: T) => Tensors,
): Call {
  const shown = args.map(({ dtype, shape, data }) => `${dtype}[${shape}] of ${data}`).join('; ');
  return Object.assign(
    { args, run: run as unknown as Call['run'] },
    { [fc.toStringMethod]: () => shown },
  );
}

/** Values of a call, then the gradients of a weighted sum of them where they are asked for. */
function withGradients({ run }: Call, gradient: boolean) {
  return (...tensors: tf.Tensor[]) => {
    const values = [run(...tensors)].flat();
    if (!gradient) return { values, gradients: undefined };
    // Run anew, because eagerly what is computed inside is freed behind it.
    const total = () => weightedSum([run(...tensors)].flat());
    const operands = tensors.filter(({ dtype }) => dtype === 'float32');
    const { grads } = tf.engine().gradients(total, operands, undefined, true);
    return { values, gradients: grads.map((grad) => grad ?? undefined) };
  };
}

/** Weights that differ from value to value, so that a gradient in the wrong place shows. */
function weightedSum(values: readonly tf.Tensor[]): tf.Scalar {
  const sums = values
    .filter(({ dtype }) => dtype === 'float32')
    .map((value) => {
      const weights = Float32Array.from({ length: value.size }, (_, place) => Math.cos(place + 1));
      return tf.sum(tf.mul(value, tf.tensor(weights, value.shape)));
    });
  return tf.addN(sums) as tf.Scalar;
}

interface Result {
  values: readonly NdArray[];
  gradients?: readonly (NdArray | undefined)[];
}

function runEagerly(call: Call, gradient: boolean): Result {
  tf.engine().startScope();
  try {
    const tensors = call.args.map(({ data, shape, dtype }) => tf.tensor(data, [...shape], dtype));
    const { values, gradients } = withGradients(call, gradient)(...tensors);
    return {
      values: values.map(toArray),
      gradients: gradients?.map((grad) => grad && toArray(grad)),
    };
  } finally {
    tf.engine().endScope();
  }
}

function toArray(tensor: tf.Tensor): NdArray {
  return ndarray(tensor.dataSync(), tensor.shape, tensor.dtype as NdArray['dtype']);
}

/** All calls in one graph: most of the time goes into loading it. */
async function runCompiled(
  calls: readonly Call[],
  gradient: boolean,
  target: Target,
): Promise<readonly Result[]> {
  const fns = calls.map((call) => withGradients(call, gradient));
  const all = (...operands: tf.Tensor[][]) => fns.map((fn, index) => fn(...operands[index]));
  const args = calls.map((call) => call.args);
  const traced = traceArrays(all as never, args, { target, name: 'the operator' });
  if (target === 'portable') {
    expect(traced.graph.nodes.filter(({ domain }) => domain !== '')).toEqual([]);
  }
  const device = target === 'portable' ? 'cpu' : target;
  const session = await Session.load(encodeGraph(traced.graph, device), {
    device,
    onDevice: [],
  });
  try {
    const inputs = args.flatMap((list, index) =>
      list.map((array, place): [string, NdArray] => [`argument[${index}][${place}]`, array]),
    );
    const outputs = await session.run(new Map(inputs));
    return unflatten(traced.outputStructure, outputs) as unknown as Result[];
  } finally {
    await session.dispose();
  }
}

/** Compares calls on tfjs's cpu backend with their compiled form, gradients included where `gradient` says so. */
export async function expectSameAsEager(
  calls: readonly Call[],
  target: Target,
  { gradient = false, tolerance = 1e-5 }: { gradient?: boolean; tolerance?: number } = {},
): Promise<void> {
  const results = await runCompiled(calls, gradient, target);
  expect(results.length).toBe(calls.length);
  calls.forEach((call, index) => {
    expectSame(results[index], runEagerly(call, gradient), tolerance);
  });
}

function expectSame(actual: Result, expected: Result, tolerance: number): void {
  expect(actual.values.length).toBe(expected.values.length);
  expected.values.forEach((value, index) => {
    expectClose(actual.values[index], value, tolerance, `value ${index}`);
  });
  expected.gradients?.forEach((value, index) => {
    const name = `gradient of float operand ${index}`;
    const found = actual.gradients?.[index];
    if (value && found) expectClose(found, value, tolerance, name);
    else expect({ name, found }).toEqual({ name, found: value });
  });
}

export function expectClose(
  actual: NdArray,
  expected: NdArray,
  tolerance: number,
  name: string,
): void {
  expect({ name, shape: actual.shape, dtype: actual.dtype }).toEqual({
    name,
    shape: expected.shape,
    dtype: expected.dtype,
  });
  const [found, wanted] = [Array.from(actual.data), Array.from(expected.data)];
  const finite = wanted.filter(Number.isFinite).map(Math.abs);
  const allowed = tolerance * finite.reduce((most, size) => Math.max(most, size), 1);
  const wrong = found.findIndex(
    (value, place) =>
      !Object.is(value, wanted[place]) && !(Math.abs(value - wanted[place]) <= allowed),
  );
  // The arrays are compared whole only to be shown.
  if (wrong >= 0) expect({ name, wrong, values: found }).toEqual({ name, wrong, values: wanted });
}
