import type * as tf from '@tensorflow/tfjs-core';
import type { Dimension, Graph, GraphNode, Initializer, Value } from './graph.js';
import { type DType, NdArray } from './ndarray.js';
import { placeholder } from './placeholder.js';
import { type TraceArraysOptions, traceArrays } from './traceArrays.js';
import { JitError } from './traceError.js';
import { MadeOfWeights, type Trace } from './tracer.js';
import type { Tree } from './tree.js';

/** An argument of which some dimensions have names: each run chooses their sizes, one for each name. */
export interface DynamicArgument {
  shape: readonly Dimension[];
  dtype: DType;
}

/** Sizes to trace with. Different primes: no size is a multiple of another's, so that each is told from all others. */
const primes = [11, 13, 17, 19, 23, 29, 31, 37, 41, 43];

/** Behind the end of every axis. */
const beyond = 2 ** 31 - 1;

/**
 * Traces `fn` for arguments whose named dimensions may have any size from 1 on. It is traced with two sizes each; where
 * the two graphs differ, the first gets what follows from the arguments' shapes.
 * @throws JitError for an operator that depends on a size in another way. `tf.fill` with `tf.cumsum` counts to one,
 *   where `tf.range` cannot.
 */
export function traceDynamic(
  fn: (...args: never[]) => Tree<tf.Tensor>,
  args: readonly DynamicArgument[],
  options: TraceArraysOptions,
): Trace {
  const names = [
    ...new Set(args.flatMap(({ shape }) => shape.filter((d) => typeof d === 'string'))),
  ];
  const made = new MadeOfWeights();
  const sized = (turn: number) => {
    const size = (d: Dimension) =>
      typeof d === 'string' ? primes[2 * names.indexOf(d) + turn] : d;
    const arrays = args.map(({ shape, dtype }) => placeholder(shape.map(size), dtype));
    return traceArrays(fn, arrays, { ...options, made });
  };
  const trace = sized(0);
  if (names.length > 0) new Generalisation(trace.graph, sized(1).graph, args).apply(options.name);
  return trace;
}

/** One graph of two that differ in the sizes of named dimensions. */
class Generalisation {
  readonly #graph: Graph;
  readonly #nodes: GraphNode[];
  readonly #others: readonly GraphNode[];
  readonly #data: ReadonlyMap<Value, Initializer['data']>;
  /** The named dimensions: what they were in both graphs, and the nodes that find them. */
  readonly #sizes = new Map<string, { sizes: [number, number]; value: Value }>();
  readonly #ports: readonly (readonly [Value, Value])[];

  constructor(graph: Graph, other: Graph, args: readonly DynamicArgument[]) {
    this.#graph = graph;
    this.#nodes = graph.nodes.splice(0);
    this.#others = other.nodes;
    this.#data = new Map(
      [...graph.initializers, ...other.initializers].map(({ value, data }) => [value, data]),
    );
    this.#ports = [
      ...graph.inputs.map((input, i) => [input, other.inputs[i]] as const),
      ...graph.outputs.map((output, i) => [output, other.outputs[i]] as const),
    ];
    for (const [i, { shape }] of args.entries()) {
      const sized = graph.inputs[i];
      shape.forEach((name, axis) => {
        if (typeof name !== 'string' || this.#sizes.has(name)) return;
        const all = graph.node('Shape', [sized], [shape.length], 'int64');
        const value = graph.node('Gather', [all, graph.int64s([axis])], [1], 'int64', { axis: 0 });
        const sizes: [number, number] = [sized.shape[axis], other.inputs[i].shape[axis]];
        this.#sizes.set(name, { sizes, value });
      });
    }
  }

  apply(name: string): void {
    for (const ports of this.#ports) ports[0].dimensions = this.#dimensions(ports);
    if (this.#nodes.length !== this.#others.length) {
      throw new JitError(`${name} does other work for other sizes of its arguments.`);
    }
    for (const [i, node] of this.#nodes.entries()) {
      const other = this.#others[i];
      const alike = JSON.stringify(node.attributes) === JSON.stringify(other.attributes);
      if (node.opType !== other.opType || !alike) {
        throw new JitError(`${name} does other work for other sizes: ${node.opType}.`);
      }
      node.inputs = node.inputs.map((input, slot) => {
        const lists = [input, other.inputs[slot]].map((value) => value && this.#data.get(value));
        const [own, others] = lists;
        if (!own || !others || same(own, others)) return input;
        if (!(own instanceof BigInt64Array && others instanceof BigInt64Array)) {
          throw new JitError(`${name} depends on the sizes of its arguments in ${node.opType}.`);
        }
        return this.#list(node, slot, [...own].map(Number), [...others].map(Number), name);
      });
      this.#graph.nodes.push(node);
    }
    this.#graph.prune();
  }

  /** A port's dimensions, named where they are. */
  #dimensions([own, other]: readonly [Value, Value]): Dimension[] {
    return own.shape.map((size, axis) => {
      if (size === other.shape[axis]) return size;
      const found = this.#found(size, other.shape[axis]);
      if (!found) return `${own.name}_${axis}`;
      return found.times === 1 ? found.name : `${found.times}*${found.name}`;
    });
  }

  /** The dimension of which the two numbers are the same multiple. */
  #found(own: number, other: number) {
    for (const [name, { sizes, value }] of this.#sizes) {
      const times = own / sizes[0];
      if (Number.isInteger(times) && times === other / sizes[1]) return { name, value, times };
    }
    return undefined;
  }

  /** What stands for a list of whole numbers that depends on sizes. */
  #list(node: GraphNode, slot: number, own: number[], others: number[], name: string): Value {
    const graph = this.#graph;
    const ends = node.opType === 'Slice' && slot === 2;
    const entries = own.map((number, i) => {
      if (number === others[i]) return number;
      if (ends && number === node.inputs[0]!.shape[i]) return beyond;
      return this.#found(number, others[i]);
    });
    const open = entries.flatMap((entry, i) => (typeof entry === 'number' ? [] : [i]));
    const unknown = entries.flatMap((entry, i) => (entry === undefined ? [i] : []));
    // A reshape finds one dimension by itself.
    if (node.opType === 'Reshape' && (unknown.length === 1 || open.length === 1)) {
      entries[unknown[0] ?? open[0]] = -1;
    } else if (unknown.length > 0) {
      throw new JitError(`${name} depends on the sizes of its arguments in ${node.opType}.`);
    }
    if (entries.every((entry) => typeof entry === 'number')) return graph.int64s(entries);
    const parts = entries.map((entry) => {
      if (typeof entry === 'number') return graph.int64s([entry]);
      const { value, times } = entry!;
      if (times === 1) return value;
      return graph.node('Mul', [value, graph.int64s([times])], [1], 'int64');
    });
    if (parts.length === 1) return parts[0];
    return graph.node('Concat', parts, [parts.length], 'int64', { axis: 0 });
  }
}

/** Whether two constants are the same. Weights are, where their sizes are. */
function same(a: Initializer['data'], b: Initializer['data']): boolean {
  if (a instanceof NdArray || b instanceof NdArray) return true;
  return a.length === b.length && (a.length > 64 || a.every((value, i) => value === b[i]));
}
