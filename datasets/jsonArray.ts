import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { JSONParser } from '@streamparser/json';
import { UserError } from '../src/errors.js';

const chunkBytes = 1 << 20;
const openBracket = 0x5b;

/**
 * Reads a JSON file that holds one array, some elements at a time, so that it may be larger than a
 * string can be (512 MB).
 * @param file may be compressed with gzip, whatever its name.
 * @returns the elements in order, in batches; a batch may be empty.
 * @throws UserError naming the file when it cannot be read, is cut off, or is not a JSON array.
 */
export async function* readJsonArray(file: string): AsyncGenerator<unknown[]> {
  // Buffers for numbers and strings make the parser a quarter faster.
  const bufferSizes = { numberBufferSize: 64, stringBufferSize: 64 };
  const parser = new JSONParser({ paths: ['$.*'], keepStack: false, ...bufferSizes });
  let values: unknown[] = [];
  parser.onValue = ({ value }) => values.push(value);
  let begun = false;
  let count = 0;
  try {
    for await (const chunk of await contentOf(file)) {
      begun ||= beginsArray(chunk, file);
      parser.write(chunk);
      count += values.length;
      yield values;
      values = [];
    }
  } catch (error) {
    throw error instanceof UserError ? error : readError(file, count + values.length, error);
  }
  if (!begun) throw new UserError(`${file} is empty; it should hold a JSON array.`);
  if (!parser.isEnded) {
    throw new UserError(
      `${file} is cut off: its JSON array does not end (${count} whole elements).`,
    );
  }
}

/** The file's bytes, decompressed. */
async function contentOf(file: string): Promise<Readable> {
  const handle = await open(file);
  const start = Buffer.alloc(2);
  await handle.read(start, 0, 2, 0).finally(() => handle.close());
  const bytes = createReadStream(file, { highWaterMark: chunkBytes });
  if (start[0] !== 0x1f || start[1] !== 0x8b) return bytes;
  // An error of either stream reaches whoever reads the last one.
  return pipeline(bytes, createGunzip({ chunkSize: chunkBytes }), () => {});
}

/** Whether the array has begun; false for nothing but white space. */
function beginsArray(chunk: Buffer, file: string): boolean {
  // A byte order mark may stand before the array.
  const start = chunk[0] === 0xef ? 3 : 0;
  const first = chunk.subarray(start).find((byte) => byte > 0x20);
  if (first !== undefined && first !== openBracket) {
    throw new UserError(
      `${file} is not a JSON array: it starts with ${JSON.stringify(String.fromCharCode(first))}.`,
    );
  }
  return first !== undefined;
}

function readError(file: string, count: number, error: unknown): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new UserError(`Cannot read ${file}: there is no such file.`);
  if (code === 'EISDIR') return new UserError(`Cannot read ${file}: it is a folder.`);
  if (code?.startsWith('Z_')) {
    return new UserError(`Cannot decompress ${file}: ${message}. Is it cut off?`);
  }
  if (code) return new UserError(`Cannot read ${file}: ${message}`);
  return new UserError(`${file} is not valid JSON at element ${count}: ${message}`);
}
