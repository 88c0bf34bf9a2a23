import { UserError } from '../../src/errors.js';

/**
 * A picture's path without what follows its last dot.
 * @throws UserError for a path that leaves the folder of pictures
 */
export function stemOf(file: string): string {
  checkInside(file);
  return withoutExtension(file);
}

/** A path without what follows its last dot. */
export function withoutExtension(file: string): string {
  return file.replace(/(?<=[^/])\.[^./]*$/, '');
}

/** Whether a path leads to something inside the folder that it begins in. */
export function isInside(path: string): boolean {
  return !path.includes('\0') && !path.split('/').some((part) => ['', '.', '..'].includes(part));
}

function checkInside(file: string): void {
  if (!isInside(file)) {
    throw new UserError(
      `${JSON.stringify(file)} is no path inside a folder of pictures, so its labels have no place in a folder.`,
    );
  }
}
