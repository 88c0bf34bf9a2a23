import { gunzipSync } from 'node:zlib';
import { UserError } from '../errors.js';

/** Texts become some ten times smaller; what becomes more than this is made to fill the memory. */
const largestRatio = 50;
/** So much is taken whatever it is made of, and never more than this. */
const [always, most] = [64 * 2 ** 20, 2 ** 31 - 1];

/** Whether a file that begins so is compressed with gzip. */
export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * What a file holds that is compressed with gzip.
 * @param file for messages.
 * @param limit bytes that it may hold. Default: 2 GiB.
 * @throws UserError when it is damaged or cut off, or holds more than a text of its size can
 */
export function gunzipped(bytes: Uint8Array, file: string, limit = most): Buffer {
  const maxOutputLength = Math.min(limit, Math.max(always, largestRatio * bytes.length));
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `Cannot decompress ${file}: it holds more than ${Math.round(maxOutputLength / 2 ** 20)} MiB.`
        : `Cannot decompress ${file}: ${message}. Is it cut off?`,
    );
  }
}
