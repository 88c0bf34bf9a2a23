import { basename, dirname, resolve } from 'node:path';
import * as ort from 'onnxruntime-node';
import { UserError } from '../errors.js';
import type { Graph, Target } from './graph.js';
import { type DType, NdArray } from './ndarray.js';
import { bytesOf, type ExternalLocation, encodeModel } from './onnxProto.js';

/** Where compiled functions run. */
export type Device = Exclude<Target, 'portable'>;

export const devices: readonly Device[] = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'];

/** Constants below this many bytes travel inside the model. */
const inlineBytes = 1024;

/**
 * Checks that the installed onnxruntime can run on a device.
 * @throws UserError saying which devices there are and how to get the one asked for.
 */
export function assertDevice(device: string): asserts device is Device {
  if (!devices.includes(device as Device)) {
    throw new UserError(`Unknown device "${device}". Devices: ${devices.join(', ')}.`);
  }
  const available = ort.listSupportedBackends();
  const backend = available.find(({ name }) => name === device);
  if (device === 'cpu' || backend?.bundled) return;
  const here = available.filter(({ bundled }) => bundled).map(({ name }) => name);
  const hint =
    device === 'cuda' && backend
      ? ' onnxruntime-node leaves CUDA to a download of its own: ' +
        'run `npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12` on a machine with network access.'
      : '';
  if (hint && cudaInstalled()) return;
  throw new UserError(
    `Device "${device}" is not in this build of onnxruntime-node (${process.platform} ${process.arch}), ` +
      `which has ${here.join(', ')}.${hint}`,
  );
}

function cudaInstalled(): boolean {
  return process.env.FGDET_ASSUME_CUDA === '1';
}

export interface SessionOptions {
  device: Device;
  /** Threads of one operator; onnxruntime's default is one per physical core. */
  threads?: number;
  /** Indices of outputs that stay on the device. */
  onDevice: readonly number[];
}

/** A graph loaded into onnxruntime. */
export class Session {
  readonly #session: ort.InferenceSession;
  readonly #graph: Pick<Graph, 'inputs' | 'outputs'>;

  private constructor(session: ort.InferenceSession, graph: Graph) {
    this.#session = session;
    this.#graph = { inputs: graph.inputs, outputs: graph.outputs };
  }

  /** Loads a graph. Constants in files are mapped from there, constants in memory are not copied into the model. */
  static async load(graph: Graph, options: SessionOptions): Promise<Session> {
    const constants = new ConstantFiles(options.device === 'cpu');
    const model = encodeModel(graph, (array, name) => constants.place(array, name));
    const stay = options.device !== 'cpu' && options.onDevice.length > 0;
    const session = await ort.InferenceSession.create(model, {
      executionProviders: options.device === 'cpu' ? ['cpu'] : [options.device, 'cpu'],
      graphOptimizationLevel: 'all',
      ...(options.threads && { intraOpNumThreads: options.threads }),
      logSeverityLevel: 3,
      ...(constants.inMemory.length > 0 && { externalData: constants.inMemory }),
      ...(constants.folder && {
        extra: { session: { model_external_initializers_file_folder_path: constants.folder } },
      }),
      ...(stay && {
        preferredOutputLocation: Object.fromEntries(
          graph.outputs.map((output, index) => [
            output.name,
            options.onDevice.includes(index) ? 'gpu-buffer' : 'cpu',
          ]),
        ),
      }),
    });
    return new Session(session, graph);
  }

  /** Runs the graph. @param inputs in the order in which the graph was traced. */
  async run(inputs: ReadonlyMap<string, NdArray>): Promise<NdArray[]> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const { name } of this.#graph.inputs) feeds[name] = toOrt(inputs.get(name)!);
    const results = await this.#session.run(feeds);
    return this.#graph.outputs.map((output) => {
      const tensor = results[output.name];
      const dtype = output.dtype as DType;
      return tensor.location === 'cpu'
        ? NdArray.fromData(tensor.data as Float32Array, output.shape, dtype)
        : NdArray.fromDevice(tensor, output.shape, dtype);
    });
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

function toOrt(array: NdArray): ort.Tensor {
  return array.device ?? new ort.Tensor(array.dtype, array.data as never, array.shape);
}

/** Decides for each constant whether onnxruntime maps it from its file or is handed its memory. */
class ConstantFiles {
  /** The one folder from which files are mapped. */
  folder: string | undefined;
  readonly inMemory: { path: string; data: Uint8Array }[] = [];
  readonly #mapsFiles: boolean;

  constructor(mapsFiles: boolean) {
    this.#mapsFiles = mapsFiles;
  }

  place(array: NdArray, name: string): ExternalLocation | undefined {
    const { file } = array;
    if (file && this.#mapsFiles && file.length >= inlineBytes) {
      const folder = dirname(resolve(file.path));
      this.folder ??= folder;
      if (folder === this.folder) {
        return { location: basename(file.path), offset: file.offset, length: file.length };
      }
    }
    const data = bytesOf(array.data);
    if (data.byteLength < inlineBytes) return undefined;
    this.inMemory.push({ path: name, data });
    return { location: name, offset: 0, length: data.byteLength };
  }
}
