import { ConstantFiles } from './constantFiles.js';
import type { CompiledDevice } from './deviceNames.js';
import type { Graph } from './graph.js';
import type { DType } from './ndarray.js';
import { encodeModel } from './onnxProto.js';

/** An input or output of a graph. */
export interface Port {
  name: string;
  shape: readonly number[];
  dtype: DType;
}

/** A graph as onnxruntime loads it. */
export interface EncodedGraph {
  /** The ONNX model. Constants may lie outside of it. */
  model: Uint8Array;
  inputs: readonly Port[];
  outputs: readonly Port[];
  /** The folder in which the files of constants lie, if there are any. */
  folder?: string;
  /** Constants in memory, by the names that the model has for them. */
  inMemory?: readonly { path: string; data: Uint8Array }[];
}

/** Encodes a graph for a device. Constants in files stay there, constants in memory are not copied. */
export function encodeGraph(graph: Graph, device: CompiledDevice): EncodedGraph {
  const constants = new ConstantFiles(graph, device === 'cpu');
  const model = encodeModel(graph, (array, name) => constants.place(array, name));
  const { folder, inMemory } = constants;
  return {
    model,
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map(port),
    folder,
    inMemory,
  };
}

function port({ name, shape, dtype }: Graph['inputs'][number]): Port {
  return { name, shape, dtype: dtype as DType };
}
