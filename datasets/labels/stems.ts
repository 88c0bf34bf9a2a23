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

function checkInside(file: string): void {
  const parts = file.split('/');
  if (file === '' || file.includes('\0') || parts.some((part) => ['', '.', '..'].includes(part))) {
    throw new UserError(
      `${JSON.stringify(file)} is no path inside a folder of pictures, so its labels have no place in a folder.`,
    );
  }
}
