import { closeSync, openSync, readSync } from 'node:fs';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Tensor as OrtTensor } from 'onnxruntime-node';

export type DType = 'float32' | 'int32' | 'bool';
export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** A shorter form of float32 in which values may be stored. */
export interface NarrowForm {
  /** `int8` holds whole numbers from -128 to 127. */
  type: 'float16' | 'bfloat16' | 'int8';
  bytesPerValue: 1 | 2;
  /** @param bytes aligned to `bytesPerValue`. */
  decode(bytes: Uint8Array): Float32Array;
}

/** A stretch of a file that holds an array's values: row-major, little-endian. */
export interface FileSpan {
  path: string;
  /** In bytes from the start of the file. */
  offset: number;
  /** In bytes. */
  length: number;
  /** Default: values lie there in the array's dtype. */
  narrow?: NarrowForm;
}

/** Values on a device: as onnxruntime or tfjs holds them. */
export type DeviceValues = OrtTensor | TfTensor;

/** What can be done with values on a device besides passing them on. */
export interface DeviceHandling {
  /** A copy in memory. */
  read(array: NdArray): Promise<NdArray>;
  /** Told when the values have been disposed of. */
  freed(): void;
}

type Storage =
  | { host: TypedArray }
  | { bytes: Uint8Array; narrow: NarrowForm }
  | { file: FileSpan }
  | { device: DeviceValues; handling: DeviceHandling }
  | { freed: true };

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** Bytes one value of `dtype` takes. */
export function bytesPerValue(dtype: DType): number {
  return arrayTypes[dtype].BYTES_PER_ELEMENT;
}

/** Number of values in an array of this shape; 1 for a scalar (`[]`). */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * An n-dimensional array as compiled functions take and return it: row-major values in memory, in a
 * file that has not been read yet, or on the device that computed them.
 */
export class NdArray {
  readonly shape: readonly number[];
  readonly dtype: DType;
  #storage: Storage;

  private constructor(storage: Storage, shape: readonly number[], dtype: DType) {
    this.shape = [...shape];
    this.dtype = dtype;
    this.#storage = storage;
  }

  /**
   * Values in memory, taken over without a copy.
   * @throws when the number of values is not the product of `shape`.
   */
  static fromData(data: TypedArray, shape: readonly number[], dtype?: DType): NdArray {
    if (data.length !== sizeOf(shape)) {
      throw new Error(
        `An array of shape [${shape}] needs ${sizeOf(shape)} values, but ${data.length} were given.`,
      );
    }
    const inferred =
      data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
    return new NdArray({ host: data }, shape, dtype ?? inferred);
  }

  /** Values that stay in a file until they are needed; a compiled function maps them from there. */
  static fromFile(file: FileSpan, shape: readonly number[], dtype: DType): NdArray {
    const needed = sizeOf(shape) * (file.narrow?.bytesPerValue ?? bytesPerValue(dtype));
    if (file.length !== needed) {
      throw new Error(
        `A ${file.narrow?.type ?? dtype} array of shape [${shape}] takes ${needed} bytes, ` +
          `but ${file.path} holds ${file.length} for it.`,
      );
    }
    return new NdArray({ file }, shape, dtype);
  }

  /** float32 values that lie in memory in a shorter form. */
  static fromNarrow(bytes: Uint8Array, narrow: NarrowForm, shape: readonly number[]): NdArray {
    return new NdArray({ bytes, narrow }, shape, 'float32');
  }

  /** Values on a device, as onnxruntime or tfjs returned them. */
  static fromDevice(
    device: DeviceValues,
    shape: readonly number[],
    dtype: DType,
    handling: DeviceHandling,
  ): NdArray {
    return new NdArray({ device, handling }, shape, dtype);
  }

  /** The same values, which are not copied, in another shape. Not for values on a device. */
  reshaped(shape: readonly number[]): NdArray {
    if ('device' in this.#storage || sizeOf(shape) !== this.size) {
      throw new Error(`An array of shape [${this.shape}] cannot become [${shape}].`);
    }
    return new NdArray(this.#storage, shape, this.dtype);
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The file these values lie in, while they have not been read. */
  get file(): FileSpan | undefined {
    return 'file' in this.#storage ? this.#storage.file : undefined;
  }

  /** The shorter form in which the values are stored, if they are. */
  get narrow(): NarrowForm | undefined {
    return 'narrow' in this.#storage ? this.#storage.narrow : this.file?.narrow;
  }

  /** Bytes that the values take as they are stored. */
  get byteLength(): number {
    return this.size * (this.narrow?.bytesPerValue ?? bytesPerValue(this.dtype));
  }

  /** The handle of onnxruntime or tfjs, while the values are on a device. */
  get device(): DeviceValues | undefined {
    return 'device' in this.#storage ? this.#storage.device : undefined;
  }

  /**
   * The values, row-major. Values in a file are read anew by each call, so that a large model does not
   * come to lie in memory twice.
   * @throws when the values are on a device: `read()` fetches those.
   */
  get data(): TypedArray {
    if ('host' in this.#storage) return this.#storage.host;
    if ('bytes' in this.#storage) return this.#storage.narrow.decode(this.#storage.bytes);
    if ('file' in this.#storage) return readValues(this.#storage.file, this.dtype);
    if ('freed' in this.#storage) {
      throw new Error(`An array of shape [${this.shape}] was used after its disposal.`);
    }
    throw new Error(
      `This array of shape [${this.shape}] is on the device; await read() to get its values.`,
    );
  }

  /** The bytes of the values as they are stored: perhaps in a shorter form. */
  get bytes(): Uint8Array {
    if ('file' in this.#storage) return readSpan(this.#storage.file);
    if ('bytes' in this.#storage) return this.#storage.bytes;
    const { data } = this;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }

  /** The same values in memory under another shape. @throws when the sizes differ. */
  reshape(shape: readonly number[]): NdArray {
    return NdArray.fromData(this.data, shape, this.dtype);
  }

  /** This array with its values in memory, fetched from the device if need be. */
  async read(): Promise<NdArray> {
    if (!('device' in this.#storage)) return NdArray.fromData(this.data, this.shape, this.dtype);
    return this.#storage.handling.read(this);
  }

  /** Frees device memory, after which the array is of no use. Values in memory are left to the garbage collector. */
  dispose(): void {
    if (!('device' in this.#storage)) return;
    this.#storage.device.dispose();
    this.#storage.handling.freed();
    this.#storage = { freed: true };
  }
}

function readValues(span: FileSpan, dtype: DType): TypedArray {
  const bytes = readSpan(span);
  return span.narrow ? span.narrow.decode(bytes) : new arrayTypes[dtype](bytes.buffer);
}

function readSpan(span: FileSpan): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(span.length);
  const descriptor = openSync(span.path, 'r');
  try {
    let done = 0;
    while (done < span.length) {
      const count = readSync(descriptor, bytes, done, span.length - done, span.offset + done);
      if (count === 0) {
        throw new Error(`${span.path} ends before byte ${span.offset + span.length}.`);
      }
      done += count;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

/** Shorthand for `NdArray.fromData`. */
export function ndarray(data: TypedArray, shape: readonly number[], dtype?: DType): NdArray {
  return NdArray.fromData(data, shape, dtype);
}
