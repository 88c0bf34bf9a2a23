import { posix } from 'node:path';
import type { PictureIndex } from './pictureIndex.js';
import { withoutExtension } from './stems.js';

/** What a VOC file says of its picture. */
export interface VocNames {
  /** Path of the file inside the folder that is read. */
  file: string;
  /** The folder of labels in that folder, if there is one: no part of pictures' paths. */
  inside?: string;
  folder?: string;
  filename?: string;
  path?: string;
}

/**
 * The picture of a VOC file: most tools pair files by their names without extension; what a file says of its
 * picture may be a name without extension, with folders, or that of a picture that was since renamed.
 */
export function vocPicture(
  { file, inside, folder, filename, path }: VocNames,
  pictures: PictureIndex,
): string {
  const stem = withoutExtension(file);
  const directory = posix.dirname(file);
  const last = filename?.split(/[\\/]/).at(-1);
  const candidates = [
    stem,
    ...(filename === undefined ? [] : [posix.join(directory, last!), filename]),
    ...(filename !== undefined && folder !== undefined ? [posix.join(folder, filename)] : []),
    ...(path === undefined ? [] : [path]),
  ];
  const found = candidates.map((name) => pictures.find(name)).find((each) => each !== undefined);
  if (found !== undefined) return found;
  // Pictures, too, may be in a folder "labels".
  const isOwn = inside === undefined || folder === directory;
  const own = isOwn ? file : file.slice(inside.length + 1);
  return named(posix.dirname(own), filename) ?? withoutExtension(own);
}

/** The name as it is written, in the file's own folder unless it says another. */
function named(directory: string, filename: string | undefined): string | undefined {
  if (filename === undefined || /\.xml$/i.test(filename)) return undefined;
  const name = posix.normalize(filename.replaceAll('\\', '/'));
  const isElsewhere = posix.isAbsolute(name) || name.startsWith('../') || /^[a-z]:/i.test(name);
  const isPath = !isElsewhere && name.includes('/') && directory === '.';
  return isPath ? name : posix.join(directory, posix.basename(name));
}
