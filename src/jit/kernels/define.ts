import * as tf from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';
import { operatorError } from '../traceError.js';
import { activeTrace, type MadeOfWeights, type Precision } from '../tracer.js';
import { tracingBackend } from '../tracing.js';

export interface KernelCall {
  graph: Graph;
  precision: Precision;
  /** Whether quantised weights may be signed bytes. */
  signedBytes: boolean;
  made: MadeOfWeights;
  /** The operands, by tfjs's names for them; a list operand appears as "0", "1", and so on. */
  inputs: Record<string, Value>;
  attributes: Record<string, unknown>;
}

/** Says how calls of a tfjs kernel are written into the graph. */
export function defineKernel(
  kernelName: string,
  emit: (call: KernelCall) => Value | readonly Value[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: tracingBackend,
    kernelFunc: ({ inputs, attrs }) => {
      const backend = activeTrace()!;
      const named = Object.entries(inputs).filter(
        ([, tensor]) => tensor !== undefined && tensor !== null,
      );
      try {
        const values = Object.fromEntries(
          named.map(([name, tensor]) => [name, backend.graphValue(tensor as tf.TensorInfo)]),
        );
        const result = emit({
          graph: backend.graph,
          precision: backend.precision,
          signedBytes: backend.signedBytes,
          made: backend.made,
          inputs: values,
          attributes: (attrs ?? {}) as Record<string, unknown>,
        });
        const infos = (Array.isArray(result) ? result : [result]).map((value: Value) => ({
          dataId: backend.dataIdOf(value),
          shape: [...value.shape],
          dtype: value.dtype as tf.DataType,
        }));
        return Array.isArray(result) ? infos : infos[0];
      } catch (error) {
        const shapes = named.map(
          ([name, tensor]) => `${name} [${(tensor as tf.TensorInfo).shape}]`,
        );
        throw operatorError(kernelName, shapes, error);
      }
    },
  });
}

/** Axes counted from the end become counted from the front; none given means all. */
export function positiveAxes(axes: number | readonly number[] | null, rank: number): number[] {
  if (axes === null || axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  return [axes].flat().map((axis) => (axis < 0 ? axis + rank : axis));
}
