import { closeSync, readSync } from 'node:fs';
import { gunzipped, isGzip } from './gunzip.js';
import { JsonElements, type TakeElement } from './jsonElements.js';
import { openRegularSync, readWholeSync } from './regularFile.js';
import { cannotRead } from './textFile.js';

const chunkBytes = 1 << 20;

/** Larger ones cannot be decompressed at once. */
const mostGzipBytes = 2 ** 31 - 1;

/**
 * Reads the long arrays in the object that a JSON file holds, entry by entry: the file may be larger than
 * what can be parsed as a whole, and compressed with gzip.
 * @param fields those of the object whose arrays are wanted.
 * @param take is given the entries in the order of the file.
 * @param takeRest is given, at the end, the object itself, whose arrays of these fields are empty.
 * @returns the fields that the file has
 * @throws UserError when the file cannot be read or is not JSON; what `take` throws.
 */
export function readJsonEntries(
  file: string,
  fields: readonly string[],
  take: TakeElement,
  takeRest?: (value: Record<string, unknown>) => void,
): ReadonlySet<string> {
  const elements = new JsonElements(file, fields, take);
  const descriptor = openFile(file);
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (let first = true; ; first = false) {
      const bytes = chunk.subarray(0, readChunk(descriptor, chunk, file));
      if (bytes.length === 0) break;
      if (first && isGzip(bytes)) {
        const content = gunzipped(readWhole(file), file);
        for (let start = 0; start < content.length; start += chunkBytes) {
          elements.write(content.subarray(start, start + chunkBytes));
        }
        break;
      }
      elements.write(bytes);
    }
  } finally {
    closeSync(descriptor);
  }
  const rest = elements.end();
  takeRest?.(rest as Record<string, unknown>);
  return elements.arrays;
}

function readWhole(file: string): Buffer {
  try {
    return readWholeSync(file, mostGzipBytes);
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function readChunk(descriptor: number, chunk: Buffer, file: string): number {
  try {
    return readSync(descriptor, chunk, 0, chunkBytes, null);
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function openFile(file: string): number {
  try {
    return openRegularSync(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
}
