import * as tf from '@tensorflow/tfjs-core';
import { type ElementType, Graph, type Target, type Value } from './graph.js';
import { halved } from './halfPrecision.js';
import type { DType, NdArray } from './ndarray.js';
import { JitError, whileTracing } from './traceError.js';
import { setTracing, tracingBackend } from './tracing.js';
import { flatten, type Tree, type TreeStructure, unflatten } from './tree.js';

/**
 * A tfjs backend whose tensors hold no numbers: each stands for a value of the graph being written.
 * Kernels (src/jit/kernels) add nodes to `graph`.
 */
export class TracingBackend extends tf.KernelBackend {
  readonly graph: Graph;
  readonly precision: Precision;
  readonly signedBytes: boolean;
  readonly made: MadeOfWeights;
  /** The first attempt to fetch values asynchronously. */
  asyncRead: JitError | undefined;
  #values = new WeakMap<object, Value>();
  #count = 0;

  constructor({
    target,
    precision,
    signedBytes = false,
    made = new MadeOfWeights(),
  }: TraceOptions) {
    super();
    this.graph = new Graph(target);
    this.precision = precision;
    this.signedBytes = signedBytes;
    this.made = made;
  }

  /** The graph value behind a tensor. */
  graphValue(tensor: tf.TensorInfo): Value {
    let value = this.#values.get(tensor.dataId);
    if (!value) {
      value = this.#closedOver(tensor);
      this.#values.set(tensor.dataId, value);
    }
    return value;
  }

  /** A tensor of an eager backend that the traced function closed over becomes a constant. */
  #closedOver(tensor: tf.TensorInfo): Value {
    let values: tf.BackendValues;
    try {
      values = tf.engine().readSync(tensor.dataId);
    } catch {
      throw new JitError(
        'a tensor was used that was disposed or belongs to another trace; pass it in as an argument.',
      );
    }
    return this.#literal(values, tensor.shape, tensor.dtype);
  }

  /** A new handle for a graph value. */
  dataIdOf(value: Value): object {
    const dataId = { id: this.#count++ };
    this.#values.set(dataId, value);
    return dataId;
  }

  /** A tfjs tensor that stands for a graph value. */
  tensorOf(value: Value): tf.Tensor {
    const dtype = tensorDtype(value.dtype);
    return tf.engine().makeTensorFromDataId(this.dataIdOf(value), [...value.shape], dtype, this);
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.dataIdOf(this.#literal(values, shape, dtype));
  }

  #literal(values: tf.BackendValues, shape: number[], dtype: tf.DataType): Value {
    const numbers = values as ArrayLike<number>;
    const element = elementType(dtype);
    const first = numbers[0];
    let uniform = numbers.length > 1;
    for (let i = 1; uniform && i < numbers.length; i++) uniform = Object.is(numbers[i], first);
    return uniform
      ? this.graph.fill(Number(first), shape, element)
      : this.graph.constant(Array.from(numbers, Number), shape, element);
  }

  override readSync(dataId: object): tf.BackendValues {
    throw this.#readError(dataId);
  }

  /** The trace fails with `asyncRead`; a rejection here would also be one that nobody handles. */
  override read(dataId: object): Promise<tf.BackendValues> {
    this.asyncRead ??= this.#readError(dataId);
    return new Promise(() => {});
  }

  #readError(dataId: object): JitError {
    const value = this.#values.get(dataId);
    const origin = value?.producer ? `the result of ${value.producer.opType}` : 'an argument';
    return new JitError(
      `the values of ${origin}, of shape [${value?.shape ?? ''}], were read while tracing. They do not exist yet: ` +
        'a compiled function is written down once and runs later. Express the choice with tensor operators ' +
        '(tf.where, masks), or compute it outside and pass it in.',
    );
  }

  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override numDataIds(): number {
    return this.#count;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override memory() {
    return { unreliable: true };
  }
  override dispose(): void {}
}

/**
 * Number format of constant weights. `float16` stores them so, and products take them back to float32;
 * `int8` quantises those of products while the graph is written.
 */
export type Precision = 'float32' | 'float16' | 'int8';

export interface TraceOptions {
  target: Target;
  precision: Precision;
  /** Whether weights in int8 may be signed: for a graph that stays on this machine, if its processor allows. Default false. */
  signedBytes?: boolean;
  /** What was made of weights. A second trace of a function that is given the first one's makes nothing again. */
  made?: MadeOfWeights;
  /** The function's, for messages. */
  name: string;
}

/** Arrays in a shorter form, by the weight that they were made of and by the form. */
export class MadeOfWeights {
  readonly #made = new Map<NdArray, Map<string, unknown>>();

  /** What `make` gives for a weight, the first time. */
  get<T>(weight: NdArray, form: string, make: () => T): T {
    const forms = this.#made.get(weight) ?? new Map<string, unknown>();
    this.#made.set(weight, forms);
    if (!forms.has(form)) forms.set(form, make());
    return forms.get(form) as T;
  }
}

/** How one argument leaf enters a trace. */
export type ArgumentSpec =
  | { name: string; shape: readonly number[]; dtype: DType }
  | { name: string; constant: NdArray };

export interface Trace {
  graph: Graph;
  outputStructure: TreeStructure;
  outputPaths: string[];
}

let active: TracingBackend | undefined;

/** The backend of the trace under way, or undefined when operators run eagerly. */
export function activeTrace(): TracingBackend | undefined {
  return active;
}

/**
 * Runs `fn` once on symbolic tensors and returns the graph of what it computed.
 * @param arguments_ the leaves of all arguments, in the order of `structure`.
 * @throws JitError naming the operator and the line of `fn` that called it.
 */
export function trace(
  fn: (...args: never[]) => Tree<tf.Tensor>,
  structure: TreeStructure,
  arguments_: readonly ArgumentSpec[],
  options: TraceOptions,
): Trace {
  if (active) throw new JitError('a compiled function was called while tracing another one.');
  const previous = tf.engine().backendName ? tf.getBackend() : undefined;
  const backend = new TracingBackend(options);
  tf.registerBackend(tracingBackend, () => backend);
  active = backend;
  setTracing(true);
  tf.engine().startScope();
  try {
    // With a synchronous factory the new backend is in place before the promise settles.
    void tf.setBackend(tracingBackend);
    const weight = (name: string, array: NdArray) =>
      backend.graph.weight(
        name,
        options.precision === 'float16'
          ? backend.made.get(array, 'halved', () => halved(array))
          : array,
      );
    const tensors = arguments_.map((spec) =>
      backend.tensorOf(
        'constant' in spec
          ? weight(spec.name, spec.constant)
          : backend.graph.input(spec.name, spec.shape, spec.dtype),
      ),
    );
    const args = unflatten(structure, tensors) as never[];
    const result = whileTracing(options.name, () => {
      const returned = fn(...args);
      if (returned instanceof Promise) returned.catch(() => {});
      if (backend.asyncRead) throw backend.asyncRead;
      return returned;
    });
    const { leaves, paths, structure: outputStructure } = resultTensors(options.name, result);
    const values = leaves.map((leaf) => backend.graphValue(leaf));
    backend.graph.outputs = namedOutputs(backend.graph, values);
    backend.graph.prune();
    return { graph: backend.graph, outputStructure, outputPaths: paths };
  } finally {
    tf.engine().endScope();
    active = undefined;
    setTracing(false);
    // Dropping the backend frees the trace; the eager one, if there was one, comes back.
    if (previous) void tf.setBackend(previous);
    tf.removeBackend(tracingBackend);
  }
}

/**
 * The tensors that a function called `name` returned.
 * @throws JitError where it returned something else.
 */
export function resultTensors(name: string, result: Tree<tf.Tensor> | Promise<unknown>) {
  if (result instanceof Promise) {
    throw new JitError(
      `${name} is asynchronous; a compiled function must return its tensors directly.`,
    );
  }
  const found = flatten(result, isTensor, 'result');
  if (found.leaves.length === 0) throw new JitError(`${name} returned no tensors.`);
  return found;
}

function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

/** The outputs under names of their own. An input, a constant, or one returned twice needs a node for that. */
function namedOutputs(graph: Graph, values: readonly Value[]): Value[] {
  const named = new Set<Value>();
  return values.map((value, index) => {
    const isOwn = value.producer !== undefined && !named.has(value);
    const output = isOwn ? value : graph.node('Identity', [value], value.shape, value.dtype);
    output.name = `output_${index}`;
    named.add(output);
    return output;
  });
}

/** The element type for a tfjs dtype, as kernels get it in their attributes. @throws for strings and complex numbers. */
export function elementType(dtype: unknown = 'float32'): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new JitError(`tensors of dtype ${dtype} have no counterpart in a compiled function.`);
}

function tensorDtype(dtype: ElementType): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new JitError(`an operator yielded ${dtype}, which tfjs does not have.`);
}
