import { cpus } from 'node:os';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../errors.js';
import type { CompiledDevice } from './deviceNames.js';
import type { EncodedGraph, Port } from './encodedGraph.js';
import { type DeviceHandling, NdArray, type TypedArray } from './ndarray.js';
import { ort } from './onnxruntime.js';
import { ownCores } from './processesHere.js';
import { JitError, RunError } from './traceError.js';

export interface SessionOptions {
  device: CompiledDevice;
  /** Threads of one operator. Default: one per physical core that the process has for itself. */
  threads?: number;
  /** Indices of outputs that stay on the device. */
  onDevice: readonly number[];
  /** Fetches the values of such an output. */
  readDevice?: DeviceHandling['read'];
  /**
   * Whether constant operands of products are rearranged while loading: such products are a tenth faster,
   * and the constants then lie in memory, where otherwise sessions share them in their file. Default true.
   */
  prepack?: boolean;
  /** Whether constants stored in fewer bits are widened while loading, rather than where they are used. Default true. */
  widens?: boolean;
  /** Whether memory of intermediate results is kept for the next run. Default true. */
  arena?: boolean;
}

/** Results up to this many bytes are worked out while loading; a gradient's zeros can be as large as an embedding. */
const mostFolded = '65536';

/** A graph loaded into onnxruntime. */
export class Session {
  readonly #session: InferenceSession;
  readonly #graph: Pick<EncodedGraph, 'inputs' | 'outputs'>;
  readonly #device: CompiledDevice;
  readonly #readDevice: DeviceHandling['read'];
  readonly #running = new Set<Promise<NdArray[]>>();
  #resultsOnDevice = 0;
  #released = false;
  #disposal: Promise<void> | undefined;

  private constructor(
    session: InferenceSession,
    { inputs, outputs }: EncodedGraph,
    options: SessionOptions,
  ) {
    this.#session = session;
    this.#graph = { inputs, outputs };
    this.#device = options.device;
    this.#readDevice = options.readDevice ?? unreadable;
  }

  /**
   * Loads a graph. Constants in files are mapped from there.
   * @throws JitError when onnxruntime cannot load it, UserError when the machine lacks the device.
   */
  static async load(graph: EncodedGraph, options: SessionOptions): Promise<Session> {
    // onnxruntime counts the machine's cores, not those that the process may use.
    const bound = ownCores() < cpus().length;
    const { device, threads = bound ? ownCores() : undefined } = options;
    const { prepack = true, arena = true, widens = true } = options;
    const { model, folder, inMemory = [] } = graph;
    // onnxruntime-node binds outputs to WebGPU's buffers only.
    const stay = device === 'webgpu' && options.onDevice.length > 0;
    try {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
        graphOptimizationLevel: 'all',
        // The plan puts all intermediate results into one block, which then cannot be found in what the arena
        // has already: a training step took half as much memory again, and was no faster.
        enableMemPattern: false,
        enableCpuMemArena: arena,
        ...(threads && { intraOpNumThreads: threads }),
        logSeverityLevel: 3,
        ...(inMemory.length > 0 && { externalData: inMemory }),
        extra: {
          session: {
            // Each session has threads of its own, which otherwise keep their cores busy for a while after a run,
            // in the way of the next session's and of those that read pictures: detection on two cores took four
            // times as long.
            intra_op: { allow_spinning: '0' },
            ...(!prepack && { disable_prepacking: '1' }),
            ...(folder && { model_external_initializers_file_folder_path: folder }),
          },
          // Without a limit, large zeros of gradients and widened weights would be worked out while loading, to stay.
          ...(!(arena && widens) && {
            optimization: { constant_folding_max_output_size_in_bytes: mostFolded },
          }),
        },
        ...(stay && {
          preferredOutputLocation: Object.fromEntries(
            graph.outputs.map((output, index) => [
              output.name,
              options.onDevice.includes(index) ? 'gpu-buffer' : 'cpu',
            ]),
          ),
        }),
      });
      return new Session(session, graph, options);
    } catch (error) {
      throw loadError(error as Error, device);
    }
  }

  /** Runs the graph. @param inputs by the names they were traced with. */
  run(inputs: ReadonlyMap<string, NdArray>): Promise<NdArray[]> {
    if (this.#disposal) throw new JitError('a compiled function was called after its disposal.');
    const running = this.#run(inputs);
    this.#running.add(running);
    const done = () => this.#running.delete(running);
    running.then(done, done);
    return running;
  }

  async #run(inputs: ReadonlyMap<string, NdArray>): Promise<NdArray[]> {
    const feeds: Record<string, Tensor> = {};
    for (const { name } of this.#graph.inputs) feeds[name] = await this.#feed(inputs.get(name)!);
    const results = await this.#session.run(feeds).catch((cause: Error) => {
      throw new RunError(
        `onnxruntime failed to run a compiled function on device "${this.#device}": ${cause.message}`,
        { cause },
      );
    });
    return this.#graph.outputs.map((output) => {
      const tensor = results[output.name];
      if (tensor.location !== 'cpu') return this.#keepResult(tensor, output);
      return NdArray.fromData(tensor.data as TypedArray, tensor.dims, output.dtype);
    });
  }

  async #feed(array: NdArray): Promise<Tensor> {
    if (this.#device === 'webgpu' && array.device instanceof ort.Tensor) return array.device;
    const { dtype, data, shape } = array.device ? await array.read() : array;
    return new ort.Tensor(dtype, data as never, shape);
  }

  /**
   * Frees the session once the runs under way have ended and its results on the device are disposed of: a
   * buffer that outlived its session would end the process when it is used. Results are not waited for.
   */
  dispose(): Promise<void> {
    this.#disposal ??= Promise.allSettled(this.#running).then(() => this.#releaseUnlessHeld());
    return this.#disposal;
  }

  async #releaseUnlessHeld(): Promise<void> {
    if (this.#resultsOnDevice > 0 || this.#released) return;
    this.#released = true;
    await this.#session.release();
  }

  #keepResult(tensor: Tensor, { dtype }: Port): NdArray {
    this.#resultsOnDevice++;
    const freed = () => {
      this.#resultsOnDevice--;
      void this.#disposal?.then(() => this.#releaseUnlessHeld());
    };
    return NdArray.fromDevice(tensor, tensor.dims, dtype, { read: this.#readDevice, freed });
  }
}

function unreadable(): never {
  throw new JitError(
    'values on the device can only be passed on; keep them in memory to read them.',
  );
}

/** onnxruntime's reason, in words that say what can be done where that is known. */
function loadError(cause: Error, device: CompiledDevice): Error {
  if (/Failed to get a WebGPU adapter/.test(cause.message)) {
    return new UserError(
      'Device "webgpu" found no graphics adapter. On Linux it needs Vulkan: libvulkan.so.1 and the driver of your GPU ' +
        '(in a container, both inside it). `vulkaninfo --summary` lists what Vulkan sees.',
      { cause },
    );
  }
  return new JitError(
    `onnxruntime could not load a compiled function for device "${device}": ${cause.message}`,
    { cause },
  );
}
