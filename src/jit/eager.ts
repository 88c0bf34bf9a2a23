import * as tf from '@tensorflow/tfjs-core';
import './gradients/all.js';
import type { EagerDevice } from './deviceNames.js';
import { restoreGradients } from './gradients/define.js';
import { type DeviceHandling, NdArray, type TypedArray } from './ndarray.js';
import { startTfjsNode } from './tfjsNode.js';
import { whileRunning } from './traceError.js';
import { elementType, resultTensors } from './tracer.js';
import { setTracing } from './tracing.js';
import { flatten, type Tree, unflatten } from './tree.js';

export interface EagerOptions {
  device: EagerDevice;
  /** For messages. */
  name: string;
  /** Leading arguments. */
  constants?: readonly Tree<NdArray>[];
  /** Results that stay tensors of the backend, by their path. */
  keepOnDevice?: (path: string) => boolean;
}

type Plain = (...args: never[]) => Tree<tf.Tensor>;

/** A function that runs as it is on a backend of tfjs. Its constants lie there until `dispose`. */
export class EagerFunction {
  readonly #fn: Plain;
  readonly #backend: string;
  readonly #options: EagerOptions;
  readonly #constants: Tree<tf.Tensor>[];
  readonly #running = new Set<Promise<unknown>>();

  private constructor(fn: Plain, backend: string, options: EagerOptions) {
    this.#fn = fn;
    this.#backend = backend;
    this.#options = options;
    const { leaves, structure } = flatten(options.constants ?? [], isArray, 'constant');
    const tensors = on(backend, () => leaves.map((array) => tf.keep(tensorOf(array))));
    this.#constants = unflatten(structure, tensors) as Tree<tf.Tensor>[];
  }

  /** @throws UserError when the device is missing. */
  static async load(load: () => Promise<Plain>, options: EagerOptions): Promise<EagerFunction> {
    const backend = await startTfjsNode(options.device);
    // The package brings gradients of its own.
    restoreGradients();
    return new EagerFunction(await load(), backend, options);
  }

  /** Calls the function. It holds the thread until its results are there. */
  run(args: readonly Tree<NdArray>[]): Promise<Tree<NdArray>> {
    const running = this.#run(args);
    this.#running.add(running);
    const done = () => this.#running.delete(running);
    running.then(done, done);
    return running;
  }

  /** Frees the constants once the calls under way have ended. Results that stayed on the device are the caller's. */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.#running);
    tf.dispose(this.#constants as tf.TensorContainer);
  }

  async #run(args: readonly Tree<NdArray>[]): Promise<Tree<NdArray>> {
    const { leaves, structure } = flatten(args, isArray);
    // Those of onnxruntime's devices.
    const foreign = (array: NdArray) => array.device && !(array.device instanceof tf.Tensor);
    const arrays: NdArray[] = [];
    for (const array of leaves) arrays.push(foreign(array) ? await array.read() : array);
    return on(this.#backend, () =>
      inScope(() => {
        const tensors = arrays.map(tensorOf);
        return this.#call(unflatten(structure, tensors) as Tree<tf.Tensor>[], tensors);
      }),
    );
  }

  #call(args: readonly Tree<tf.Tensor>[], operands: readonly tf.Tensor[]): Tree<NdArray> {
    const { name, device, keepOnDevice = () => false } = this.#options;
    const constants = this.#constants;
    const result = whileRunning(name, device, () => {
      const returned = this.#fn(...([...constants, ...args] as never[]));
      if (returned instanceof Promise) returned.catch(() => {});
      return returned;
    });
    const { leaves, paths, structure } = resultTensors(name, result);
    const dtypes = leaves.map(({ dtype }) => elementType(dtype));
    // Values that others hold, or may get to hold, are copied.
    const held = new Set(
      [...operands, ...flatten<tf.Tensor>(constants, isTensor).leaves].map(({ dataId }) => dataId),
    );
    const arrays = leaves.map((tensor, index) => {
      const { shape, dataId } = tensor;
      const dtype = dtypes[index];
      if (keepOnDevice(paths[index])) {
        // A handle of its own: the function may have returned an argument, or a tensor twice.
        return NdArray.fromDevice(tf.keep(tf.clone(tensor)), shape, dtype, handling);
      }
      const values = whileRunning(name, device, () => tensor.dataSync()) as TypedArray;
      const own = held.has(dataId) ? values.slice() : values;
      held.add(dataId);
      return NdArray.fromData(own, shape, dtype);
    });
    return unflatten(structure, arrays);
  }
}

const handling: DeviceHandling = {
  async read(array) {
    const values = (array.device as tf.Tensor).dataSync() as TypedArray;
    return NdArray.fromData(values.slice(), array.shape, array.dtype);
  },
  freed() {},
};

/** The tensor behind an array, or a new one with its values. */
function tensorOf(array: NdArray): tf.Tensor {
  const { device, shape, dtype } = array;
  return device instanceof tf.Tensor ? device : tf.tensor(array.data, [...shape], dtype);
}

/** Runs `body` with a backend of tfjs; then the one that was there before comes back. */
function on<T>(backend: string, body: () => T): T {
  const { backendName: before } = tf.engine();
  // A backend that is there already is set before the promise settles.
  if (before !== backend) void tf.setBackend(backend);
  setTracing(true);
  try {
    return body();
  } finally {
    setTracing(false);
    if (before && before !== backend) void tf.setBackend(before);
  }
}

/** Runs `body` and frees every tensor that it made and did not keep. */
function inScope<T>(body: () => T): T {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

function isArray(value: unknown): value is NdArray {
  return value instanceof NdArray;
}
