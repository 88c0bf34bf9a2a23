import { closeSync, fstatSync, readSync } from 'node:fs';
import { FileRefused, openRegularSync } from '../files/regularFile.js';
import { type FileSpan, sizeOf } from '../jit/ndarray.js';
import { CheckpointError } from './checkpointError.js';

/** The value types we read, with their sizes in bytes. */
export const storedBytes = { F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I8: 1, U8: 1, BOOL: 1 };
export type StoredDType = keyof typeof storedBytes;

/** Where a tensor's values lie in a safetensors file, and as what they are stored there. */
export interface StoredTensor {
  dtype: StoredDType;
  shape: number[];
  span: FileSpan;
}

export interface SafetensorsHeader {
  tensors: Map<string, StoredTensor>;
  /** The free text pairs of `__metadata__`. */
  metadata: Record<string, string>;
}

/** Longest header the format allows, in bytes. */
const headerLimit = 100_000_000;

/**
 * Reads and checks the header of a safetensors file: 8 bytes of length (little-endian), that many bytes
 * of JSON, then the values of all tensors without gaps (https://github.com/huggingface/safetensors).
 * @throws CheckpointError naming the file, and the tensor where one is at fault.
 */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  const { text, fileLength, dataStart } = readHeaderText(path);
  const header = parseHeader(text, path);
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, readEntry(entry, name, path, dataStart, fileLength));
  }
  checkCoverage(tensors, path, dataStart, fileLength);
  return { tensors, metadata: readMetadata(metadata, path) };
}

function readHeaderText(path: string): { text: string; fileLength: number; dataStart: number } {
  const descriptor = openOrExplain(path);
  try {
    const stat = fstatSync(descriptor);
    if (stat.size < 8) {
      throw new CheckpointError(
        `${path} is not a safetensors file or was cut off: it has ${stat.size} bytes, and the header's length alone takes 8.`,
      );
    }
    const length = readBytes(descriptor, 0, 8).readBigUInt64LE();
    if (length > headerLimit) {
      throw new CheckpointError(
        `${path} is not a safetensors file: its first 8 bytes announce a header of ${length} bytes (the limit is ${headerLimit}).`,
      );
    }
    const dataStart = 8 + Number(length);
    if (dataStart > stat.size) {
      throw new CheckpointError(
        `${path} was cut off: its header should reach to byte ${dataStart}, but the file ends at ${stat.size}. Fetch it again.`,
      );
    }
    const bytes = readBytes(descriptor, 8, Number(length));
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { text, fileLength: stat.size, dataStart };
    } catch {
      throw new CheckpointError(`${path}: the safetensors header is not valid UTF-8.`);
    }
  } finally {
    closeSync(descriptor);
  }
}

function openOrExplain(path: string): number {
  try {
    return openRegularSync(path);
  } catch (error) {
    if (error instanceof FileRefused) throw new CheckpointError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CheckpointError(
      code === 'ENOENT'
        ? `${path} does not exist.`
        : code === 'EISDIR'
          ? `${path} is not a file.`
          : `${path} cannot be opened: ${message}`,
    );
  }
}

function readBytes(descriptor: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes;
}

function parseHeader(text: string, path: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (error) {
    throw new CheckpointError(
      `${path}: the safetensors header is not valid JSON: ${(error as Error).message}`,
    );
  }
  if (!isRecord(header)) {
    throw new CheckpointError(`${path}: the safetensors header is not a JSON object.`);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw new CheckpointError(`${path}: the header lists the tensor "${duplicate}" twice.`);
  }
  return header;
}

/** The first key that occurs twice in the outermost object of a valid JSON text; JSON.parse drops one. */
function findDuplicateKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(?:\s*:)?|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && token.endsWith(':')) {
      const key = JSON.parse(token.slice(0, -1)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

function readEntry(
  entry: unknown,
  name: string,
  path: string,
  dataStart: number,
  fileLength: number,
): StoredTensor {
  const fail = (what: string): never => {
    throw new CheckpointError(`${path}: tensor "${name}" ${what}`);
  };
  if (!isRecord(entry)) return fail('is not described by a JSON object.');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') return fail('has no dtype.');
  if (!isStoredDType(dtype)) {
    return fail(`has the dtype ${dtype}; readable are ${Object.keys(storedBytes).join(', ')}.`);
  }
  if (!isCounts(shape)) return fail('has no valid shape (an array of non-negative integers).');
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[1] < offsets[0]) {
    return fail('has no valid data_offsets ([begin, end]).');
  }
  const [begin, end] = offsets;
  const needed = sizeOf(shape) * storedBytes[dtype];
  if (end - begin !== needed) {
    return fail(
      `of shape [${shape}] and dtype ${dtype} takes ${needed} bytes, but the header gives it ${end - begin}.`,
    );
  }
  if (dataStart + end > fileLength) {
    return fail(
      `should reach to byte ${dataStart + end}, but the file ends at ${fileLength}: it was cut off. Fetch it again.`,
    );
  }
  return { dtype, shape, span: { path, offset: dataStart + begin, length: needed } };
}

function checkCoverage(
  tensors: Map<string, StoredTensor>,
  path: string,
  dataStart: number,
  fileLength: number,
): void {
  const ordered = [...tensors].sort(
    ([, { span: a }], [, { span: b }]) => a.offset - b.offset || a.length - b.length,
  );
  let end = dataStart;
  let previous = 'the header';
  for (const [name, { span }] of ordered) {
    if (span.offset < end) {
      throw new CheckpointError(`${path}: the values of "${name}" overlap those of ${previous}.`);
    }
    if (span.offset > end) {
      throw new CheckpointError(
        `${path}: ${span.offset - end} bytes between ${previous} and "${name}" belong to no tensor.`,
      );
    }
    end = span.offset + span.length;
    previous = `"${name}"`;
  }
  if (end !== fileLength) {
    throw new CheckpointError(
      `${path}: ${fileLength - end} bytes after ${previous} belong to no tensor.`,
    );
  }
}

function readMetadata(metadata: unknown, path: string): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw new CheckpointError(`${path}: __metadata__ is not an object of texts.`);
  }
  return metadata as Record<string, string>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isStoredDType(dtype: string): dtype is StoredDType {
  return Object.hasOwn(storedBytes, dtype);
}
