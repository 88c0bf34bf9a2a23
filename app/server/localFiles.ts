import { constants, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ImageError } from '../../src/images/imageError.js';
import { limitBytes, tooLarge } from '../../src/images/limitBytes.js';
import { Refusal } from './errors.js';

/**
 * The content of a file inside a folder.
 * @param path inside the folder, as somebody who may not see other files gave it.
 * @throws Refusal where it leads out of the folder, by ".." or by links; ImageError where it cannot be read.
 */
export async function readInside(
  folder: string,
  path: string,
  mostBytes: number,
): Promise<Uint8Array> {
  if (path.includes('\0'))
    throw new Refusal(400, 'The path has a character that no path can have.');
  const root = await realpath(folder);
  const wanted = join(root, path);
  // Said first, so that nobody learns which files there are elsewhere.
  if (!isInside(root, wanted)) throw outside(path);
  const file = await realpath(wanted).catch((error) => {
    throw new ImageError(path, 'there is no such file.', { cause: error });
  });
  if (!isInside(root, file)) throw outside(path);
  // A named pipe would be waited for, by one of few threads, until somebody writes to it.
  const opened = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await opened.stat();
    if (!found.isFile()) throw new ImageError(path, 'it is no file.');
    if (found.size > mostBytes) throw tooLarge(path, mostBytes);
    return await limitBytes(opened.createReadStream({ autoClose: false }), mostBytes, path);
  } finally {
    await opened.close();
  }
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function outside(path: string): Refusal {
  return new Refusal(403, `${path} is outside the folder that files are read from.`);
}
