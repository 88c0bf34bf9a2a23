import type { Argv } from 'yargs';
import { UserError } from '../errors.js';
import type { RgbImage } from '../images/rgbImage.js';
import type { ImageSource } from '../images/sources.js';
import { note, UsageError } from './common.js';

/** Stands for a `-` among the arguments: yargs drops it where any number of names may come. */
export const dash = '<stdin>';

export interface PictureArguments {
  images?: string[];
  recursive?: boolean;
  ignoreOrientation?: boolean;
}

/** The positional and the options of every command that takes pictures. */
export function pictureOptions<T>(yargs: Argv<T>): Argv<T & Omit<PictureArguments, 'images'>> {
  return yargs
    .positional('images', {
      type: 'string',
      describe: 'Files, folders, globs, URLs, or - for a picture on stdin',
    })
    .option('recursive', {
      alias: 'r',
      type: 'boolean',
      describe: 'Look into the folders of folders too',
    })
    .option('ignore-orientation', {
      type: 'boolean',
      describe: 'Take pixels as stored, whatever the EXIF orientation says',
    });
}

export interface Picture {
  /** What the user calls it: path, address, or "standard input". */
  name: string;
  /** A file name for what is written about it, without extension; different for each picture of a run. */
  stem: string;
  image: RgbImage;
}

/** A picture that was passed over. */
export interface Failure {
  image: string;
  /** Why, without the name. */
  error: string;
}

/** @throws UsageError when no picture was named. */
export function requirePictures({ images = [] }: PictureArguments): void {
  if (images.length > 0) return;
  throw new UsageError('Name a picture: a file, a folder, a glob, a URL, or - for stdin.');
}

/**
 * Decodes the pictures a command line names and uses them one after the other; the next is decoded
 * meanwhile. A bad one gives a line on stderr, the rest go on, and the exit status becomes 1.
 * @returns the bad ones.
 */
export async function forEachPicture(
  { images = [], recursive, ignoreOrientation }: PictureArguments,
  use: (picture: Picture) => Promise<void>,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const passOver = (image: string, error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const reason = error.message.startsWith(`${image}: `)
      ? error.message.slice(image.length + 2)
      : error.message;
    failures.push({ image, error: reason });
    note(`fgdet: ${image}: ${reason}`);
    process.exitCode = 1;
  };

  const [{ expandSources }, { decodeImage }] = await Promise.all([
    import('../images/sources.js'),
    import('../images/decode.js'),
  ]);
  const sources = new Map<string, ImageSource>();
  for (const input of images) {
    try {
      for (const source of await expandSources([input === dash ? '-' : input], { recursive })) {
        if (!sources.has(source.name)) sources.set(source.name, source);
      }
    } catch (error) {
      passOver(input, error);
    }
  }

  const read = async (source: ImageSource): Promise<RgbImage> =>
    decodeImage(await source.read(), {
      name: source.name,
      applyOrientation: !ignoreOrientation,
    });
  const waiting = [...sources.values()];
  const stems = new Set<string>();
  let next = waiting[0] && settled(read(waiting[0]));
  for (const [i, source] of waiting.entries()) {
    const current = await next;
    next = waiting[i + 1] && settled(read(waiting[i + 1]));
    if ('error' in current) passOver(source.name, current.error);
    else
      await use({ name: source.name, stem: unusedStem(source.stem, stems), image: current.value });
  }
  return failures;
}

/** The outcome of a promise as a value, so that a failure can wait until its turn. */
function settled<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function unusedStem(stem: string, used: Set<string>): string {
  let unused = stem;
  for (let i = 2; used.has(unused.toLowerCase()); i++) unused = `${stem}-${i}`;
  used.add(unused.toLowerCase());
  return unused;
}
