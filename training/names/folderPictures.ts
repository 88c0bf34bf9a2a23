import { existsSync, statSync } from 'node:fs';
import { readImageFolder } from '../../datasets/imageFolder.js';
import { UserError } from '../../src/errors.js';
import type { ExifChoice } from '../../src/images/orientation.js';
import type { NamedPicture } from './namedPicture.js';
import type { NameList } from './nameList.js';

/**
 * The pictures of a folder that has a folder for each name.
 * @throws UserError for a folder that is missing or has no such folders
 */
export function readNamedFolders(
  { folders, exif }: { folders: string; exif?: ExifChoice },
  names: NameList,
): NamedPicture[] {
  if (!existsSync(folders) || !statSync(folders).isDirectory()) {
    throw new UserError(`There is no folder ${folders} (looked for from ${process.cwd()}).`);
  }
  const { classes, images } = readImageFolder(folders);
  return images.map(({ file, label }) => ({
    path: file,
    ...(exif && { exif }),
    shows: { name: names.placeOf(classes[label], folders) },
  }));
}
