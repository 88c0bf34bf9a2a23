import { statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../src/errors.js';
import { expandSources, type SourceOptions } from '../../src/images/sources.js';

/** Pictures that get labels. */
export interface PictureFolder {
  /** The folder that all of them are in. */
  images: string;
  /** Their paths inside it, with "/" between the parts. */
  files: string[];
}

/**
 * The pictures that a folder, or files and patterns, stand for.
 * @param options whether folders of folders are looked into, and who is told of links that are passed over.
 * @throws UserError for an address, or where there is none.
 */
export async function pictureFolder(
  inputs: readonly string[],
  options: Pick<SourceOptions, 'recursive' | 'onLink'> = {},
): Promise<PictureFolder> {
  const sources = await expandSources(inputs, options);
  const paths = sources.map(({ name, path }) => {
    if (path !== undefined) return path;
    throw new UserError(`${name}: labels are for files; download it first.`);
  });
  const [only] = inputs;
  const images =
    inputs.length === 1 && statSync(only, { throwIfNoEntry: false })?.isDirectory()
      ? only
      : commonFolder(paths.map((path) => dirname(resolve(path))));
  const files = paths.map((path) => relative(resolve(images), resolve(path)).split(sep).join('/'));
  return { images, files };
}

function commonFolder(folders: readonly string[]): string {
  return folders.reduce((common, folder) => {
    let shared = common;
    while (!`${folder}${sep}`.startsWith(shared.endsWith(sep) ? shared : `${shared}${sep}`)) {
      shared = join(shared, '..');
    }
    return shared;
  });
}
