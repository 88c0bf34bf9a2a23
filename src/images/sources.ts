import { realpathSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { isDynamicPattern } from 'tinyglobby';
import { UserError } from '../errors.js';
import { filesBelow } from '../files/filesBelow.js';
import { filesMatching } from '../files/filesMatching.js';
import { mostBytes } from '../files/regularFile.js';
import { type FetchLimits, fetchBytes, isUrl } from './fetchBytes.js';
import { limitBytes } from './limitBytes.js';
import { readImageFile } from './readImageFile.js';

/** A picture that has been asked for, not read yet. */
export interface ImageSource {
  /** What to call it: the path or address as the user would write it, or "standard input". */
  name: string;
  /** A file name for what is written about the picture, without folder and extension. */
  stem: string;
  /** The local file, where there is one. */
  path?: string;
  /** The same for every name that the picture has: for a file, what links to it lead to. */
  identity: string;
  /**
   * The picture's file, still encoded.
   * @throws ImageError when it cannot be read, is too large, or the server does not answer.
   */
  read(): Promise<Uint8Array>;
}

export interface SourceOptions extends Partial<FetchLimits> {
  /** Look into the folders of folders too. Default: false. */
  recursive?: boolean;
  /** A folder that results are written to: where it is inside another, its pictures are not among the other's. */
  output?: string;
  /** What `-` reads. Default: the standard input. */
  stdin?: Readable;
  /** Is told of links that are passed over: to folders, and to pictures that are taken already. */
  onLink?(path: string, leadsTo: LinkTarget): void;
}

export type LinkTarget = 'folder' | 'picture';

/** Extensions that pictures in folders are known by. */
export const imageExtensions = [
  ...['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif', 'mpo'],
];
const inFolder = new RegExp(`\\.(${imageExtensions.join('|')})$`, 'i');

const defaultLimits: FetchLimits = { timeoutMs: 30_000, maxBytes: mostBytes.picture };
const naturalOrder = new Intl.Collator('en', { numeric: true });

/**
 * The pictures that `inputs` stand for, in their order and each once, whatever links lead to it: files, folders (their
 * pictures in natural order, 2 before 10), glob patterns, http(s) addresses, and `-` for the standard input. Links to
 * folders inside them are not followed. A name that exists is never taken for a pattern. A file that does not exist
 * fails when it is read, so that it does not keep the others from being used.
 * @throws UserError for a folder without pictures and for a pattern that nothing matches.
 */
export async function expandSources(
  inputs: readonly string[],
  options: SourceOptions = {},
): Promise<ImageSource[]> {
  if (inputs.length === 0) {
    throw new UserError(
      'No picture was given. Name a file, a folder, a pattern, an address or "-".',
    );
  }
  const limits = {
    timeoutMs: options.timeoutMs ?? defaultLimits.timeoutMs,
    maxBytes: options.maxBytes ?? defaultLimits.maxBytes,
  };
  const sources = new Map<string, ImageSource>();
  for (const input of inputs) {
    for (const source of await expand(input, options, limits)) {
      const known = sources.get(source.identity);
      if (known && isLink(source)) {
        if (!isSame(known, source)) options.onLink?.(source.name, 'picture');
        continue;
      }
      if (known && !isSame(known, source)) options.onLink?.(known.name, 'picture');
      // In the place of a link to it.
      if (!known || isLink(known)) sources.set(source.identity, source);
    }
  }
  return [...sources.values()];
}

async function expand(
  input: string,
  options: SourceOptions,
  limits: FetchLimits,
): Promise<ImageSource[]> {
  if (input === '-') return [stdinSource(options.stdin ?? process.stdin, limits.maxBytes)];
  if (isUrl(input)) return [urlSource(input, limits)];
  const found = await stat(input).catch(() => undefined);
  if (found?.isDirectory()) return folderSources(input, options);
  if (found || !isDynamicPattern(input)) return [fileSource(input)];
  const paths = filesMatching(input, (path) => options.onLink?.(path, 'folder'));
  if (paths.length === 0) throw new UserError(`${input}: no file matches this pattern.`);
  return sorted(paths).map(fileSource);
}

async function folderSources(
  folder: string,
  { recursive = false, output, onLink }: SourceOptions,
): Promise<ImageSource[]> {
  const files = recursive
    ? filesBelow(folder, (path) => onLink?.(join(folder, path), 'folder'))
    : await readdir(folder);
  const isHidden = (path: string) => /(^|\/)\./.test(path);
  const isResult = (path: string) => output !== undefined && isInside(join(folder, path), output);
  const isOwn = isResult('picture');
  const paths = files.filter(
    (path) => inFolder.test(path) && !isHidden(path) && (isOwn || !isResult(path)),
  );
  if (paths.length === 0) {
    throw new UserError(
      `${folder}: the folder has no picture (${imageExtensions.join(', ')})` +
        `${recursive ? '' : '; folders inside it are looked into only when asked to'}.`,
    );
  }
  return sorted(paths).map((path) => fileSource(join(folder, path)));
}

function isInside(path: string, folder: string): boolean {
  return resolve(path).startsWith(`${resolve(folder)}${sep}`);
}

function sorted(paths: string[]): string[] {
  return paths.sort((a, b) => naturalOrder.compare(a, b) || (a < b ? -1 : 1));
}

function fileSource(path: string): ImageSource {
  return {
    name: path,
    stem: stemOf(path),
    path,
    identity: realPath(path),
    read: () => readImageFile(path),
  };
}

function urlSource(address: string, limits: FetchLimits): ImageSource {
  return {
    name: address,
    identity: address,
    stem: stemOf(decodePath(new URL(address).pathname)) || 'picture',
    read: () => fetchBytes(address, limits),
  };
}

/** The standard input can be read once only, so what it held is kept. */
function stdinSource(stream: Readable, maxBytes: number): ImageSource {
  const name = 'standard input';
  let content: Promise<Uint8Array> | undefined;
  return {
    name,
    identity: name,
    stem: 'stdin',
    read() {
      content ??= limitBytes(stream, maxBytes, name);
      return content;
    },
  };
}

/** Whether the file is reached through a link. */
function isLink({ path, identity }: ImageSource): boolean {
  return path !== undefined && resolve(path) !== identity;
}

function isSame(one: ImageSource, other: ImageSource): boolean {
  return one.path === undefined || resolve(one.path) === resolve(other.path!);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It fails where it is read.
    return resolve(path);
  }
}

function stemOf(path: string): string {
  return basename(path).replace(/(?<=.)\.[^.]*$/, '');
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
