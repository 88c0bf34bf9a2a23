import { join, posix, sep } from 'node:path';
import { UserError } from '../../src/errors.js';
import { filesBelow } from '../../src/files/filesBelow.js';
import { whatIsAt } from '../../src/files/whatIsAt.js';
import { groupBy } from '../../src/groupBy.js';
import { decoded } from './decoded.js';
import { picture, pictureSizes, type Size } from './pictureSizes.js';
import { withoutExtension } from './stems.js';

/**
 * The pictures that labels are of. Finds them by the names that label files have for them: as the path inside the
 * folder, with "\" between its parts, by the last parts of a path of another machine, by the name without its
 * extension where one picture alone has it, or by the name that Label Studio gives it.
 */
export class PictureIndex {
  #folder?: string;
  readonly #found = new Map<string, string | undefined>();
  #byStem?: Map<string, string[]>;
  #links = 0;
  #byUpload?: Map<string, string[]>;
  readonly #keptApart = new Set<string>();

  /**
   * @param folder Undefined where it is not known: then names are only tidied.
   * @throws UserError when there is no such folder
   */
  constructor(folder?: string) {
    if (folder !== undefined && whatIsAt(folder) !== 'folder') {
      throw new UserError(`The folder of pictures, ${folder}, does not exist.`);
    }
    this.#folder = folder;
  }

  get folder(): string | undefined {
    return this.#folder;
  }

  /** Looks for pictures in a folder that lies with the labels, unless another was named. */
  suggest(folder: string | undefined): void {
    this.#folder ??= folder;
  }

  /** Links to folders that were met where a picture was looked for, and not followed. */
  get linksNotFollowed(): number {
    return this.#links;
  }

  /**
   * Is told of all names that there are. Of those that could be one picture, none is, but that whose path it is: they are of
   * different pictures.
   */
  keepApart(names: Iterable<string>): void {
    const likely = [...new Set(names)].filter((name) => this.find(name) !== undefined);
    for (const [picture, same] of groupBy(likely, (name) => this.find(name))) {
      if (same.length === 1) continue;
      for (const name of same) if (this.nameOf(name) !== picture) this.#keptApart.add(name);
    }
  }

  /** The path inside the folder of the picture that is called so; undefined where there is none, or no folder. */
  find(name: string): string | undefined {
    return this.#keptApart.has(name) ? undefined : this.#likely(name);
  }

  #likely(name: string): string | undefined {
    if (this.folder === undefined) return undefined;
    if (!this.#found.has(name)) this.#found.set(name, this.#search(name));
    return this.#found.get(name);
  }

  /** The picture's path, as in `find`; where it is not found, its name without "./" and with "/" between its parts. */
  fileOf(name: string): string {
    return this.find(name) ?? this.nameOf(name);
  }

  /** The name without "./" and with "/" between its parts. */
  nameOf(name: string): string {
    return tidied(name.includes('/') ? name : name.replaceAll('\\', '/'));
  }

  /**
   * How large a picture is, as viewers show it.
   * @param where the label file and the place in it, for messages.
   * @throws UserError when the folder is not known or has no such picture, ImageError when it cannot be read
   */
  async sizeOf(name: string, where: string): Promise<Size> {
    if (this.folder === undefined) {
      throw new UserError(
        `${where} does not say how large ${name} is. Name the folder of pictures (--images).`,
      );
    }
    const file = this.find(name);
    if (this.#keptApart.has(name)) {
      throw new UserError(
        `${where} does not say how large ${name} is, and the picture that it could be, ${this.#likely(name)}, ` +
          'is also another one of the file.',
      );
    }
    if (file === undefined) {
      throw new UserError(
        `${where} does not say how large ${name} is, and ${this.folder} has no such picture.`,
      );
    }
    const [size] = await pictureSizes([join(this.folder, file)]);
    return size;
  }

  #search(name: string): string | undefined {
    const ends = pathsInside(name);
    return ends.find((end) => this.#has(end)) ?? this.#onlyOfStem(ends) ?? this.#onlyUploaded(ends);
  }

  #has(path: string): boolean {
    return whatIsAt(join(this.folder!, path)) === 'file';
  }

  #onlyOfStem(ends: readonly string[]): string | undefined {
    this.#byStem ??= stemsOf(this.folder!, () => this.#links++);
    for (const end of ends) {
      // "frame.7" may be the whole name of a picture without its extension.
      for (const stem of [end, withoutExtension(end)]) {
        const files = this.#byStem.get(stem) ?? [];
        if (files.length === 1) return files[0];
      }
    }
    return undefined;
  }

  /** Label Studio puts eight digits before the names of pictures that it was given. */
  #onlyUploaded(ends: readonly string[]): string | undefined {
    const given = ends.flatMap((end) => /^[\da-f]{8}(?:-|__)([^/]+)$/.exec(end)?.[1] ?? []);
    if (given.length === 0) return undefined;
    this.#byUpload ??= byUploadName([...(this.#byStem?.values() ?? [])].flat());
    // Its exports may have them as in an address.
    for (const name of given.flatMap((each) => [each, decoded(each)]).map(uploadName)) {
      for (const key of [name, withoutExtension(name)]) {
        const files = this.#byUpload.get(key) ?? [];
        if (files.length === 1) return files[0];
      }
    }
    return undefined;
  }
}

/** Pictures by the names, with and without extension, that they have as uploads. */
function byUploadName(pictures: readonly string[]): Map<string, string[]> {
  const uploads = new Map<string, string[]>();
  for (const file of pictures) {
    const name = uploadName(posix.basename(file));
    for (const key of [name, withoutExtension(name)]) {
      uploads.set(key, [...(uploads.get(key) ?? []), file]);
    }
  }
  return uploads;
}

/** As Label Studio stores a file's name: no blanks, and of signs only those that are good in addresses. */
function uploadName(name: string): string {
  return name
    .trim()
    .replaceAll(' ', '_')
    .replace(/[^-\p{L}\p{N}_.]/gu, '')
    .normalize();
}

/** Pictures by their paths without extension. */
function stemsOf(folder: string, onLink: () => void): Map<string, string[]> {
  const stems = new Map<string, string[]>();
  for (const file of filesBelow(folder, onLink).filter((path) => picture.test(path))) {
    const stem = withoutExtension(file);
    stems.set(stem, [...(stems.get(stem) ?? []), file]);
  }
  return stems;
}

/** Systems open no longer ones. */
const longestPath = 4096;

/**
 * What a name can be inside a folder, the likeliest first: the path itself, with "\" between its parts, and without
 * its first parts.
 */
export function pathsInside(name: string): string[] {
  if (name.length > longestPath) return [];
  const names = new Set([name, name.replaceAll('\\', '/')].map(tidied));
  return [...names].flatMap(endsOf);
}

/** "a/b.jpg" of "./a//b.jpg". */
function tidied(name: string): string {
  const path = posix.normalize(name);
  return path === '.' ? name : path;
}

/** The path, and what is left of it without its first parts, the longest first; none that leaves the folder. */
function endsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  const ends = parts.map((_, i) => parts.slice(i).join('/'));
  return ends.filter(
    (end) => !end.split('/').includes('..') && (sep === '/' || !/^[a-z]:/i.test(end)),
  );
}
