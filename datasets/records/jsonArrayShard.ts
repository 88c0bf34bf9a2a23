import { closeSync, readSync } from 'node:fs';
import { UserError } from '../../src/errors.js';
import { openRegularSync } from '../../src/files/regularFile.js';

const chunkBytes = 1 << 22;
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Finds the elements of the JSON array that a file holds.
 * @param add is told where each begins and ends, in bytes
 * @throws UserError when the file holds something else, or is cut off
 */
export function scanJsonArray(
  path: string,
  add: (span: [start: number, end: number]) => void,
): void {
  const descriptor = openRegularSync(path);
  const chunk = Buffer.alloc(chunkBytes);
  let depth = 0;
  let inString = false;
  let escaped = false;
  let start = -1;
  let offset = 0;
  let closed = false;
  let count = 0;
  try {
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunkBytes, offset);
      if (length === 0) break;
      for (let i = 0; i < length; i++) {
        const byte = chunk[i];
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === backslash) escaped = true;
          else if (byte === quote) inString = false;
          continue;
        }
        if (byte <= 0x20) continue;
        if (depth === 0) {
          // A byte order mark may stand before the array.
          if (byte >= 0x80 && offset + i < 3) continue;
          if (byte !== openBracket || closed) {
            throw new UserError(`${path} is not a JSON array of records (byte ${offset + i}).`);
          }
          depth = 1;
          continue;
        }
        if (depth === 1 && (byte === comma || byte === closeBracket)) {
          if (start >= 0) {
            add([start, offset + i]);
            count++;
          }
          start = -1;
          if (byte === closeBracket) {
            depth = 0;
            closed = true;
          }
          continue;
        }
        if (start < 0) start = offset + i;
        if (byte === quote) inString = true;
        else if (byte === openBracket || byte === openBrace) depth++;
        else if (byte === closeBracket || byte === closeBrace) depth--;
      }
      offset += length;
    }
  } finally {
    closeSync(descriptor);
  }
  if (closed) return;
  throw new UserError(
    offset === 0
      ? `${path} is empty; it should hold a JSON array of records.`
      : `${path} is cut off: its JSON array does not end (${count} whole records).`,
  );
}
