import type * as tf from '@tensorflow/tfjs-core';
import { LRUCache } from 'lru-cache';
import { UserError } from '../errors.js';
import './gradients/all.js';
import './kernels/all.js';
import { NdArray } from './ndarray.js';
import { assertDevice, type Device, Session } from './session.js';
import { signedBytesAreExact } from './signedBytes.js';
import { JitError } from './traceError.js';
import {
  type ArgumentSpec,
  activeTrace,
  type Precision,
  type Trace,
  type TraceOptions,
  trace,
} from './tracer.js';
import { flatten, type Tree, unflatten } from './tree.js';

export interface JitOptions {
  /** Default `cpu`. */
  device?: Device;
  /**
   * `float16` stores constant weights in half the memory and computes in float32. `int8`, on device cpu,
   * quantises products with constant weights: per column for the weights, per call and tensor for what they are
   * multiplied with.
   */
  precision?: Precision;
  /** Leading arguments of `fn`, built into the graph as constants: weights for inference. */
  constants?: readonly Tree<NdArray>[];
  /** Results that stay on the device, by their path (`result.state.parameters…`); they can be passed to a next call. */
  keepOnDevice?: (path: string) => boolean;
  /** How many compilations (one per combination of input shapes) are kept; the least recently used goes. Default 16. */
  cacheSize?: number;
  /** Threads of one operator. */
  threads?: number;
  /**
   * Gives the memory of intermediate results back after each run, for runs of other shapes. By default each
   * compilation keeps its own for its next run, which is a little faster. CPU only.
   */
  releaseMemory?: boolean;
  /** For messages; default the function's own name. */
  name?: string;
}

/** `Tree<tf.Tensor>` as its caller sees it: the same nesting with arrays for tensors. */
export type Arrays<T> = T extends tf.Tensor
  ? NdArray
  : T extends undefined
    ? undefined
    : { [K in keyof T]: Arrays<T[K]> };

export interface Compiled<A extends unknown[], R> {
  (...args: { [K in keyof A]: Arrays<A[K]> }): Promise<Arrays<R>>;
  /** Frees every compilation, once the calls under way have ended. A later call compiles anew. */
  dispose(): Promise<void>;
}

interface Compilation {
  session: Session;
  traced: Trace;
}

/**
 * Compiles a function over tfjs tensors to a graph that onnxruntime runs.
 *
 * The function runs once for each new combination of input shapes, on tensors without values, and every
 * operator it calls is written down; gradients (`tf.valueAndGrads`) are traced like anything else. Later
 * calls only run the graph.
 *
 * ```ts
 * const norm = jit((x: tf.Tensor2D) => tf.div(x, tf.norm(x)));
 * await norm(ndarray(Float32Array.of(3, 4), [1, 2]));   // [[0.6, 0.8]]
 * ```
 *
 * @param fn arguments and result are tensors, or nested lists and records of them.
 * @throws UserError when the device is missing; calls throw JitError when the function cannot be compiled.
 */
export function jit<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: JitOptions = {},
): Compiled<A, R> {
  const device = options.device ?? 'cpu';
  assertDevice(device);
  if (options.precision === 'int8' && device !== 'cpu') {
    throw new UserError(
      `Precision int8 runs on device cpu only; device ${device} takes float32 and float16.`,
    );
  }
  const name = options.name ?? (fn.name || 'the function');
  const compilations = new LRUCache<string, Promise<Compilation>>({
    max: options.cacheSize ?? 16,
    dispose: (entry) => void release(entry),
  });

  function call(...args: unknown[]): Promise<unknown> {
    if (activeTrace()) {
      throw new JitError(
        `${name} is compiled already; call the plain function inside another one.`,
      );
    }
    return run(args as Tree<NdArray>[]);
  }

  async function run(args: readonly Tree<NdArray>[]): Promise<unknown> {
    const { leaves, paths, structure } = flatten(args, isArray);
    const key = JSON.stringify([structure, leaves.map(({ shape, dtype }) => [dtype, shape])]);
    let entry = compilations.get(key);
    if (!entry) {
      const first = compilations.size === 0;
      entry = compile(fn as never, args, { ...options, device, name, prepack: first });
      compilations.set(key, entry);
      entry.catch(() => compilations.delete(key));
    }
    const { session, traced } = await entry;
    const outputs = await session.run(new Map(paths.map((path, index) => [path, leaves[index]])));
    return unflatten(traced.outputStructure, outputs);
  }

  async function dispose(): Promise<void> {
    const entries = [...compilations.values()];
    compilations.clear();
    await Promise.all(entries.map(release));
  }

  return Object.assign(call, { dispose }) as Compiled<A, R>;
}

/** A failed compilation has nothing to free, and its error went to the call that asked for it. */
function release(entry: Promise<Compilation>): Promise<void> {
  return entry.then(
    ({ session }) => session.dispose(),
    () => {},
  );
}

async function compile(
  fn: (...args: never[]) => Tree<tf.Tensor>,
  args: readonly Tree<NdArray>[],
  options: JitOptions & { device: Device; name: string; prepack: boolean },
): Promise<Compilation> {
  const signedBytes = options.precision === 'int8' && (await signedBytesAreExact());
  const traced = traceArrays(fn, args, { ...options, target: options.device, signedBytes });
  const keep = options.keepOnDevice ?? (() => false);
  const onDevice = traced.outputPaths.flatMap((path, index) => (keep(path) ? [index] : []));
  const { device, threads, prepack, releaseMemory } = options;
  const session = await Session.load(traced.graph, {
    device,
    threads,
    prepack,
    arena: !releaseMemory,
    widens: options.precision !== 'float16',
    onDevice,
    readDevice,
  });
  return { session, traced };
}

let reader: ((array: NdArray) => Promise<NdArray>) | undefined;

/**
 * The values of an array on the device. onnxruntime-node aborts the process when it is asked to download a
 * buffer; what it can do is to return one as the result of a graph.
 */
function readDevice(array: NdArray): Promise<NdArray> {
  reader ??= jit((x: tf.Tensor) => x, {
    device: 'webgpu',
    cacheSize: 64,
    name: 'reading from the device',
  });
  return reader(array);
}

/** Traces `fn` on arrays: `options.constants` come first and are built in, `args` become inputs. */
export function traceArrays(
  fn: (...args: never[]) => Tree<tf.Tensor>,
  args: readonly Tree<NdArray>[],
  options: Pick<JitOptions, 'constants'> &
    Partial<TraceOptions> &
    Pick<TraceOptions, 'target' | 'name'>,
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
  const { target, name, precision = 'float32', signedBytes } = options;
  return trace(fn, [...constants.structure, ...inputs.structure], specs, {
    target,
    name,
    precision,
    signedBytes,
  });
}

function isArray(value: unknown): value is NdArray {
  return value instanceof NdArray;
}
