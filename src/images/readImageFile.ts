import { FileRefused, mostBytes, readWhole } from '../files/regularFile.js';
import { ImageError } from './imageError.js';

/**
 * The bytes of a picture's file.
 * @throws ImageError, named `name`, when it cannot be read, is too large or no file.
 */
export async function readImageFile(path: string, name = path): Promise<Uint8Array> {
  try {
    return await readWhole(path, mostBytes.picture);
  } catch (error) {
    const reason =
      error instanceof FileRefused ? error.reason : reasonFor(error as NodeJS.ErrnoException);
    throw new ImageError(name, reason, { cause: error });
  }
}

function reasonFor({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'ENOENT':
      return 'there is no such file.';
    case 'EISDIR':
      return 'this is a folder, not a picture.';
    case 'EACCES':
    case 'EPERM':
      return 'the file may not be read; check its permissions.';
    default:
      return `the file cannot be read (${message}).`;
  }
}
