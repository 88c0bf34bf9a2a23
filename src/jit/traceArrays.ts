import type * as tf from '@tensorflow/tfjs-core';
import './gradients/all.js';
import './kernels/all.js';
import { NdArray } from './ndarray.js';
import { JitError } from './traceError.js';
import { type ArgumentSpec, type Trace, type TraceOptions, trace } from './tracer.js';
import { flatten, type Tree } from './tree.js';

export interface TraceArraysOptions extends Omit<TraceOptions, 'precision'> {
  /** Default float32. */
  precision?: TraceOptions['precision'];
  /** Leading arguments of the function, built into the graph. */
  constants?: readonly Tree<NdArray>[];
}

/** Traces `fn` on arrays: `options.constants` come first and are built in, `args` become inputs. */
export function traceArrays(
  fn: (...args: never[]) => Tree<tf.Tensor>,
  args: readonly Tree<NdArray>[],
  options: TraceArraysOptions,
): Trace {
  const constants = flatten(options.constants ?? [], isArray, 'constant');
  const inputs = flatten(args, isArray);
  const specs: ArgumentSpec[] = [
    ...constants.leaves.map((constant, index) => ({ name: constants.paths[index], constant })),
    ...inputs.leaves.map(({ shape, dtype }, index) => ({
      name: inputs.paths[index],
      shape,
      dtype,
    })),
  ];
  if (!Array.isArray(constants.structure) || !Array.isArray(inputs.structure)) {
    throw new JitError('constants and arguments must be lists.');
  }
  const { target, name, precision = 'float32', signedBytes, made } = options;
  return trace(fn, [...constants.structure, ...inputs.structure], specs, {
    target,
    name,
    precision,
    signedBytes,
    made,
  });
}

function isArray(value: unknown): value is NdArray {
  return value instanceof NdArray;
}
