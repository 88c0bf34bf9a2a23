import type * as tf from '@tensorflow/tfjs-core';
import { LRUCache } from 'lru-cache';
import { UserError } from '../errors.js';
import { type CompiledDevice, type Device, isEager } from './deviceNames.js';
import { assertDevice } from './devices.js';
import type { DynamicArgument } from './dynamicShapes.js';
import type { EagerFunction, EagerOptions } from './eager.js';
import { graphKey, type KeptGraph, keepGraph, readGraph } from './graphCache.js';
import { NdArray } from './ndarray.js';
import { Session } from './session.js';
import { JitError } from './traceError.js';
import type { Precision } from './tracer.js';
import { isTracing } from './tracing.js';
import { flatten, type Tree, type TreeStructure, unflatten } from './tree.js';

export interface JitOptions {
  /** Default `cpu`. */
  device?: Device;
  /**
   * `float16` stores constant weights in half the memory and computes in float32; `tfjs-node` and `tfjs-node-gpu` hold
   * them in float32, too. `int8`, on device cpu,
   * quantises products with constant weights: per column for the weights, per call and tensor for what they are
   * multiplied with.
   */
  precision?: Precision;
  /** Leading arguments of `fn`, built into the graph as constants: weights for inference. */
  constants?: readonly Tree<NdArray>[];
  /** Results that stay on the device, by their path (`result.state.parameters…`); they can be passed to a next call. */
  keepOnDevice?: (path: string) => boolean;
  /**
   * Names of dimensions that differ from call to call, by argument and axis: one compilation serves all their sizes. For
   * arguments that are tensors, and functions that `traceDynamic` takes.
   */
  dimensions?: readonly (readonly (string | undefined)[])[];
  /** How many compilations (one per combination of input shapes) are kept; the least recently used goes. Default 16. */
  cacheSize?: number;
  /** Threads of one operator. TensorFlow has as many as TF_NUM_INTRAOP_THREADS says, for all functions. */
  threads?: number;
  /**
   * Gives the memory of intermediate results back after each run, for runs of other shapes. By default each
   * compilation keeps its own for its next run, which is a little faster. CPU only.
   */
  releaseMemory?: boolean;
  /**
   * Whether constants stored in fewer bits are widened once, while loading. Otherwise each call widens them: loading is
   * several times as fast and takes a quarter of the memory, for functions that are called a few times. Default true,
   * but for `float16`.
   */
  widensConstants?: boolean;
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
  outputStructure: TreeStructure;
}

/** A function that is imported when it has to be traced: with tfjs, which takes a while. */
export interface LoadedFunction<A extends unknown[], R> {
  load(): Promise<(...args: A) => R>;
  /** The function and the settings it was made with, as JSON can hold it: what its graph depends on besides arguments. */
  identity: unknown;
}

/**
 * Compiles a function over tfjs tensors to a graph that onnxruntime runs. The devices `tfjs-node` and `tfjs-node-gpu` run
 * the function itself, with the same arguments and results; the caller's thread is held meanwhile.
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
  const name = options.name ?? (fn.name || 'the function');
  return compiler({ load: async () => fn }, { ...options, name });
}

/**
 * Compiles a function as `jit` does, but keeps its graphs on the disk (`graphKey`): a later process that calls it
 * with arguments of the same shapes neither traces it nor loads tfjs.
 *
 * Only graphs in float32 for the device `cpu` are kept. Others hold weights of their own, or copies of them.
 */
export function keptJit<A extends unknown[], R>(
  fn: LoadedFunction<A, R>,
  options: JitOptions & { name: string },
): Compiled<A, R> {
  return compiler(fn, options);
}

function compiler<A extends unknown[], R>(
  fn: Partial<LoadedFunction<A, R>> & Pick<LoadedFunction<A, R>, 'load'>,
  options: JitOptions & { name: string },
): Compiled<A, R> {
  const { name, device = 'cpu' } = options;
  assertDevice(device);
  if (options.precision === 'int8' && device !== 'cpu') {
    throw new UserError(
      `Precision int8 runs on device cpu only; device ${device} takes float32 and float16.`,
    );
  }
  const { run, dispose } = isEager(device)
    ? asItIs(fn as never, { ...options, device })
    : compilationsOf(fn as never, { ...options, device });

  function call(...args: unknown[]): Promise<unknown> {
    if (isTracing()) {
      throw new JitError(
        `${name} is compiled already; call the plain function inside another one.`,
      );
    }
    return run(args as Tree<NdArray>[]);
  }

  return Object.assign(call, { dispose }) as Compiled<A, R>;
}

/** What calls of a function come to. */
interface Runner {
  run(args: readonly Tree<NdArray>[]): Promise<unknown>;
  dispose(): Promise<void>;
}

type Traceable = (...args: never[]) => Tree<tf.Tensor>;

/** A function run by tfjs. It is loaded, with its constants, by the first call. */
function asItIs({ load }: { load(): Promise<Traceable> }, options: EagerOptions): Runner {
  let loaded: Promise<EagerFunction> | undefined;
  const start = async () => {
    const { EagerFunction } = await import('./eager.js');
    return EagerFunction.load(load, options);
  };
  return {
    async run(args) {
      loaded ??= start();
      const loading = loaded;
      // A device that was missing may be there the next time.
      loading.catch(() => {
        if (loaded === loading) loaded = undefined;
      });
      return (await loading).run(args);
    },
    async dispose() {
      const loading = loaded;
      loaded = undefined;
      // A failure went to the call that asked for it.
      const done = await loading?.catch(() => undefined);
      await done?.dispose();
    },
  };
}

/** A function's graphs, one for each combination of input shapes. */
function compilationsOf(
  fn: { load(): Promise<Traceable>; identity?: unknown },
  options: JitOptions & { device: CompiledDevice; name: string },
): Runner {
  const compilations = new LRUCache<string, Promise<Compilation>>({
    max: options.cacheSize ?? 16,
    dispose: (entry) => void release(entry),
  });

  async function run(args: readonly Tree<NdArray>[]): Promise<unknown> {
    const { leaves, paths, structure } = flatten(args, isArray);
    const named = leaves.map(({ shape, dtype }, i) => ({
      dtype,
      shape: shape.map((size, axis) => options.dimensions?.[i]?.[axis] ?? size),
    }));
    const key = JSON.stringify([structure, named.map(({ shape, dtype }) => [dtype, shape])]);
    let entry = compilations.get(key);
    if (!entry) {
      const first = compilations.size === 0;
      entry = compile(fn, options.dimensions ? named : args, key, { ...options, prepack: first });
      compilations.set(key, entry);
      entry.catch(() => compilations.delete(key));
    }
    const { session, outputStructure } = await entry;
    const outputs = await session.run(new Map(paths.map((path, index) => [path, leaves[index]])));
    return unflatten(outputStructure, outputs);
  }

  async function dispose(): Promise<void> {
    const entries = [...compilations.values()];
    compilations.clear();
    await Promise.all(entries.map(release));
  }

  return { run, dispose };
}

/** A failed compilation has nothing to free, and its error went to the call that asked for it. */
function release(entry: Promise<Compilation>): Promise<void> {
  return entry.then(
    ({ session }) => session.dispose(),
    () => {},
  );
}

async function compile(
  fn: { load(): Promise<Traceable>; identity?: unknown },
  args: Traced,
  shapes: string,
  options: JitOptions & { device: CompiledDevice; name: string; prepack: boolean },
): Promise<Compilation> {
  const { device, threads, prepack, releaseMemory, precision = 'float32' } = options;
  const { widensConstants = precision !== 'float16' } = options;
  const constants = flatten(options.constants ?? [], isArray, 'constant');
  const { identity } = fn;
  const keeps = identity !== undefined && device === 'cpu' && precision === 'float32';
  const key = keeps ? graphKey({ identity, arguments: shapes, constants }) : undefined;
  const stays = options.keepOnDevice ?? (() => false);
  const load = async ({ encoded, outputPaths, outputStructure }: KeptGraph) => ({
    outputStructure,
    session: await Session.load(encoded, {
      device,
      threads,
      prepack,
      arena: !releaseMemory,
      widens: widensConstants,
      onDevice: outputPaths.flatMap((path, index) => (stays(path) ? [index] : [])),
      readDevice,
    }),
  });
  const kept = key && (await readGraph(key, constants.leaves));
  // One that onnxruntime refuses counts as none.
  const known = kept && (await load(kept).catch(() => undefined));
  if (known) return known;
  const graph = await traced(await fn.load(), args, options);
  // Nobody waits for it: a process ends when it is written.
  if (key) void keepGraph(key, graph);
  return load(graph);
}

/** What a function is traced with. */
type Traced = readonly Tree<NdArray>[] | readonly DynamicArgument[];

async function traced(
  fn: Traceable,
  args: Traced,
  options: JitOptions & { device: CompiledDevice; name: string },
): Promise<KeptGraph> {
  const { traceArrays } = await import('./traceArrays.js');
  const { traceDynamic } = await import('./dynamicShapes.js');
  const { encodeGraph } = await import('./encodedGraph.js');
  const { signedBytesAreExact } = await import('./signedBytes.js');
  const signedBytes = options.precision === 'int8' && (await signedBytesAreExact());
  const target = options.device;
  const settings = { ...options, target, signedBytes };
  const { graph, outputStructure, outputPaths } = options.dimensions
    ? traceDynamic(fn, args as readonly DynamicArgument[], settings)
    : traceArrays(fn, args as readonly Tree<NdArray>[], settings);
  return { encoded: encodeGraph(graph, target), outputStructure, outputPaths };
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

function isArray(value: unknown): value is NdArray {
  return value instanceof NdArray;
}
