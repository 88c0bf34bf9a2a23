import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { UserError } from '../errors.js';
import { JsonElements, type TakeElement } from './jsonElements.js';

const chunkBytes = 1 << 20;

/** What a compressed file may hold: bombs hold more. */
const mostUnzippedBytes = 2 ** 31 - 1;

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
      const length = readChunk(descriptor, chunk, file);
      if (length === 0) break;
      if (first && chunk[0] === 0x1f && chunk[1] === 0x8b) {
        const content = unzipped(file);
        for (let start = 0; start < content.length; start += chunkBytes) {
          elements.write(content.subarray(start, start + chunkBytes));
        }
        break;
      }
      elements.write(chunk.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
  const rest = elements.end();
  takeRest?.(rest as Record<string, unknown>);
  return elements.arrays;
}

function unzipped(file: string): Uint8Array {
  try {
    return gunzipSync(readFileSync(file), { maxOutputLength: mostUnzippedBytes });
  } catch (error) {
    throw new UserError(`Cannot decompress ${file}: ${(error as Error).message}. Is it cut off?`);
  }
}

function readChunk(descriptor: number, chunk: Buffer, file: string): number {
  try {
    return readSync(descriptor, chunk, 0, chunkBytes, null);
  } catch (error) {
    const folder = (error as NodeJS.ErrnoException).code === 'EISDIR';
    throw new UserError(
      `Cannot read ${file}: ${folder ? 'it is a folder.' : (error as Error).message}`,
    );
  }
}

function openFile(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError(
      `Cannot read ${file}: ${missing ? 'there is no such file.' : (error as Error).message}`,
    );
  }
}
