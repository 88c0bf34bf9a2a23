import { closeSync, openSync, readSync } from 'node:fs';
import { JSONParser } from '@streamparser/json';
import { UserError } from './errors.js';

const chunkBytes = 1 << 20;

/**
 * Reads the long arrays in the object that a JSON file holds, entry by entry: the file may be larger than
 * what can be parsed as a whole. About 20 MB a second.
 * @param fields those of the object whose arrays are wanted.
 * @param take is given the entries in the order of the file.
 * @throws UserError when the file cannot be read or is not JSON; what `take` throws.
 */
export function readJsonEntries(
  file: string,
  fields: readonly string[],
  take: (field: string, index: number, value: unknown) => void,
): void {
  const paths = fields.map((field) => `$.${field}.*`);
  // Buffers for numbers and strings make the parser faster.
  const bufferSizes = { numberBufferSize: 64, stringBufferSize: 64 };
  const parser = new JSONParser({ paths, keepStack: false, ...bufferSizes });
  let entries: { field: string; index: number; value: unknown }[] = [];
  parser.onValue = ({ value, key, stack }) => {
    entries.push({ field: String(stack.at(-1)!.key), index: Number(key), value });
  };
  const descriptor = openFile(file);
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunkBytes, null);
      if (length === 0) break;
      parse(parser, chunk.subarray(0, length), file);
      for (const { field, index, value } of entries) take(field, index, value);
      entries = [];
    }
  } finally {
    closeSync(descriptor);
  }
  if (!parser.isEnded) throw new UserError(`${file} is not valid JSON: it is cut off.`);
}

function parse(parser: JSONParser, bytes: Uint8Array, file: string): void {
  try {
    parser.write(bytes);
  } catch (error) {
    throw new UserError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
}

function openFile(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new UserError(`Cannot read ${file}: ${(error as Error).message}`);
  }
}
