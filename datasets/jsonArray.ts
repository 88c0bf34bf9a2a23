import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../src/errors.js';
import { JsonElements } from '../src/files/jsonElements.js';
import { openRegular } from '../src/files/regularFile.js';
import { cannotRead } from '../src/files/textFile.js';

const chunkBytes = 1 << 20;

/**
 * Reads a JSON file that holds one array, some elements at a time, so that it may be larger than a
 * string can be (512 MB).
 * @param file may be compressed with gzip, whatever its name.
 * @returns the elements in order, in batches; a batch may be empty.
 * @throws UserError naming the file when it cannot be read, is cut off, or is not a JSON array.
 */
export async function* readJsonArray(file: string): AsyncGenerator<unknown[]> {
  let values: unknown[] = [];
  const elements = new JsonElements(file, undefined, (_, _index, value) => values.push(value));
  try {
    for await (const chunk of await contentOf(file)) {
      elements.write(chunk);
      yield values;
      values = [];
    }
  } catch (error) {
    throw error instanceof UserError ? error : readError(file, error);
  }
  elements.end();
}

/** The file's bytes, decompressed. */
async function contentOf(file: string): Promise<Readable> {
  const handle = await openRegular(file);
  const start = Buffer.alloc(2);
  await handle.read(start, 0, 2, 0);
  const bytes = handle.createReadStream({ start: 0, highWaterMark: chunkBytes });
  if (start[0] !== 0x1f || start[1] !== 0x8b) return bytes;
  // An error of either stream reaches whoever reads the last one.
  return pipeline(bytes, createGunzip({ chunkSize: chunkBytes }), () => {});
}

function readError(file: string, error: unknown): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_')) {
    return new UserError(`Cannot decompress ${file}: ${message}. Is it cut off?`);
  }
  return cannotRead(file, error);
}
