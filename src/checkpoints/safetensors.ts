import { closeSync, openSync, readSync } from 'node:fs';
import { type FileInWriting, writeAtomically } from '../files/atomicFile.js';
import { bfloat16, float16, toBfloat16, toFloat16 } from '../jit/halfPrecision.js';
import { type DType, NdArray, sizeOf, type TypedArray } from '../jit/ndarray.js';
import { int8 } from '../jit/signedWholes.js';
import { CheckpointError } from './checkpointError.js';
import {
  readSafetensorsHeader,
  type StoredDType,
  type StoredTensor,
  storedBytes,
} from './safetensorsHeader.js';

/**
 * The tensors of a safetensors file, in the header's order. Only the header is read, and values stay in
 * the file: F16, BF16 and I8 surface as float32, U8 as `bool`. I64 is read and converted to int32.
 * @throws CheckpointError naming the file and the tensor at fault.
 */
export function openSafetensors(path: string): Map<string, NdArray> {
  const { tensors } = readSafetensorsHeader(path);
  return new Map([...tensors].map(([name, stored]) => [name, openTensor(name, stored)]));
}

/** What can be written: an NdArray, or anything that makes its values when asked. */
export interface TensorSource {
  readonly shape: readonly number[];
  readonly dtype: DType;
  read(): Promise<{ data: TypedArray }>;
}

/** How float32 values may be stored. */
export type FloatForm = 'F32' | 'F16' | 'BF16';

export interface WriteOptions {
  /** How float32 tensors are stored. Default: F32. */
  dtype?: FloatForm;
  /** Tensors that are stored otherwise; I8 takes whole numbers from -128 to 127. */
  dtypes?: ReadonlyMap<string, FloatForm | 'I8'>;
  /** Free texts kept in the header. */
  metadata?: Record<string, string>;
}

/**
 * Writes a safetensors file, one tensor in memory at a time; `path` is replaced only when all is on the
 * disk, so tensors may come from the very file. Values start 8-byte aligned, wide types before narrow
 * ones, so that every tensor is aligned to its own type.
 * @throws CheckpointError when a value does not fit float16 or int8.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<[string, TensorSource]> | Record<string, TensorSource>,
  options: WriteOptions = {},
): Promise<void> {
  const entries = Symbol.iterator in tensors ? [...tensors] : Object.entries(tensors);
  const stored = entries
    .map(([name, source]) => ({ name, source, dtype: storedAs(name, source.dtype, options) }))
    .sort((a, b) => storedBytes[b.dtype] - storedBytes[a.dtype]);
  const header = encodeHeader(stored, options.metadata);
  await writeAtomically(path, async (file) => {
    await file.writeFile(header);
    for (const { name, source, dtype } of stored) {
      if (source instanceof NdArray && isStoredAs(source, dtype)) {
        await writeValues(file, source.bytes);
        continue;
      }
      const { data } = await source.read();
      if (data.length !== sizeOf(source.shape)) {
        throw new CheckpointError(
          `${path}: tensor "${name}" of shape [${source.shape}] came with ${data.length} values.`,
        );
      }
      await writeValues(file, encode(data, dtype, name, path));
    }
  });
}

function openTensor(name: string, { dtype, shape, span }: StoredTensor): NdArray {
  switch (dtype) {
    case 'F32':
      return NdArray.fromFile(span, shape, 'float32');
    case 'I32':
      return NdArray.fromFile(span, shape, 'int32');
    case 'U8':
    case 'BOOL':
      return NdArray.fromFile(span, shape, 'bool');
    case 'F16':
      return NdArray.fromFile({ ...span, narrow: float16 }, shape, 'float32');
    case 'BF16':
      return NdArray.fromFile({ ...span, narrow: bfloat16 }, shape, 'float32');
    case 'I8':
      return NdArray.fromFile({ ...span, narrow: int8 }, shape, 'float32');
    case 'I64':
      return NdArray.fromData(narrow(new BigInt64Array(readSpan(span)), name, span.path), shape);
  }
}

function readSpan({ path, offset, length }: StoredTensor['span']): ArrayBuffer {
  const bytes = new Uint8Array(length);
  const descriptor = openSync(path, 'r');
  try {
    let done = 0;
    while (done < length) {
      const count = readSync(descriptor, bytes, done, length - done, offset + done);
      if (count === 0) throw new CheckpointError(`${path} ends before byte ${offset + length}.`);
      done += count;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes.buffer;
}

function narrow(values: BigInt64Array, name: string, path: string): Int32Array {
  const narrowed = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    narrowed[i] = Number(values[i]);
    if (BigInt(narrowed[i]) !== values[i]) {
      throw new CheckpointError(
        `${path}: value ${i} of the I64 tensor "${name}" is ${values[i]}, which is beyond 32 bits.`,
      );
    }
  }
  return narrowed;
}

function storedAs(
  name: string,
  dtype: DType,
  { dtypes, dtype: floats }: WriteOptions,
): StoredDType {
  if (dtype === 'float32') return dtypes?.get(name) ?? floats ?? 'F32';
  return dtype === 'int32' ? 'I32' : 'BOOL';
}

function encodeHeader(
  stored: { name: string; source: TensorSource; dtype: StoredDType }[],
  metadata: Record<string, string> | undefined,
): Buffer {
  const entries: [string, unknown][] = metadata ? [['__metadata__', metadata]] : [];
  const names = new Set(['__metadata__']);
  let end = 0;
  for (const { name, source, dtype } of stored) {
    if (names.has(name)) throw new CheckpointError(`Two tensors are to be written as "${name}".`);
    names.add(name);
    const begin = end;
    end += sizeOf(source.shape) * storedBytes[dtype];
    entries.push([name, { dtype, shape: source.shape, data_offsets: [begin, end] }]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  return padded;
}

/** Whether an array's bytes are those that the file is to have: copies need no decoding. */
function isStoredAs({ narrow }: NdArray, dtype: StoredDType): boolean {
  const types: Partial<Record<StoredDType, string>> = {
    F16: 'float16',
    BF16: 'bfloat16',
    I8: 'int8',
  };
  return narrow !== undefined && types[dtype] === narrow.type;
}

function encode(data: TypedArray, dtype: StoredDType, name: string, path: string): Uint8Array {
  const values = narrowed(data, dtype, name, path);
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function narrowed(data: TypedArray, dtype: StoredDType, name: string, path: string) {
  switch (dtype) {
    case 'BF16':
      return toBfloat16(data as Float32Array);
    case 'F16':
      return checkedFloat16(data as Float32Array, name, path);
    case 'I8':
      return checkedInt8(data as Float32Array, name, path);
    default:
      return data;
  }
}

function checkedInt8(values: Float32Array, name: string, path: string): Int8Array {
  const bytes = Int8Array.from(values);
  const other = values.findIndex((value, i) => bytes[i] !== value);
  if (other >= 0) {
    throw new CheckpointError(
      `${path}: value ${other} of tensor "${name}" is ${values[other]}, which I8 cannot hold.`,
    );
  }
  return bytes;
}

function checkedFloat16(values: Float32Array, name: string, path: string): Uint16Array {
  const beyond = values.findIndex((value) => Math.abs(value) >= 65520 && Number.isFinite(value));
  if (beyond >= 0) {
    throw new CheckpointError(
      `${path}: value ${beyond} of tensor "${name}" is ${values[beyond]}, which float16 cannot hold. Write F32 or BF16.`,
    );
  }
  return toFloat16(values);
}

async function writeValues(file: FileInWriting, bytes: Uint8Array): Promise<void> {
  // Some systems write at most 2 GiB by one call.
  const chunk = 1 << 28;
  for (let start = 0; start < bytes.length; start += chunk) {
    await file.writeFile(bytes.subarray(start, start + chunk));
  }
}
