import { closeSync, readSync } from 'node:fs';
import { UserError } from '../../src/errors.js';
import { openRegularSync } from '../../src/files/regularFile.js';
import { encodingOf } from '../../src/files/textFile.js';

const chunkBytes = 1 << 22;
const newline = 0x0a;

/**
 * Finds the lines of a file that hold something.
 * @param add is told where each begins and ends, in bytes, and whether a line break ends it: the last line
 *   of a file may lack it
 * @throws UserError for a file that is not in UTF-8
 */
export function scanJsonLines(
  path: string,
  add: (span: [start: number, end: number], ended: boolean) => void,
): void {
  const descriptor = openRegularSync(path);
  const chunk = Buffer.alloc(chunkBytes);
  let start = -1;
  let offset = 0;
  try {
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunkBytes, offset);
      if (length === 0) break;
      const encoding = encodingOf(chunk.subarray(0, offset === 0 ? length : 0));
      if (encoding !== 'UTF-8') {
        throw new UserError(`${path} is a text in ${encoding}. Save it in UTF-8.`);
      }
      let i = 0;
      while (i < length) {
        if (start < 0) {
          while (i < length && chunk[i] <= 0x20) i++;
          if (i < length) start = offset + i;
          continue;
        }
        const end = chunk.subarray(0, length).indexOf(newline, i);
        if (end < 0) break;
        add([start, offset + end], true);
        start = -1;
        i = end + 1;
      }
      offset += length;
    }
  } finally {
    closeSync(descriptor);
  }
  if (start >= 0) add([start, offset], false);
}
