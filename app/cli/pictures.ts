import type { Argv } from 'yargs';
import type { Shard } from '../../datasets/journal.js';
import type { Detector, EncodeOptions } from '../../detectors/detector.js';
import type { PreparedPicture } from '../../detectors/preparedPicture.js';
import { UserError } from '../../src/errors.js';
import type { ImageSource } from '../../src/images/sources.js';
import { note, UsageError } from './common.js';
import { PassedLinks } from './passedLinks.js';

/** Stands for a `-` among the arguments: yargs drops it where any number of names may come. */
export const dash = '<stdin>';

export interface PictureArguments {
  images?: string[];
  recursive?: boolean;
  ignoreOrientation?: boolean;
  /** The folder that results are written to. */
  output?: string;
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
  /** Its place among all that were named. */
  index: number;
  /** What the user calls it: path, address, or "standard input". */
  name: string;
  /** A file name for what is written about it, without extension; different for each picture of a run. */
  stem: string;
  /** Ready for the detector. */
  prepared: PreparedPicture;
}

export interface ReadOptions extends Pick<EncodeOptions, 'tiles'> {
  /** Whether the pictures' own pixels are used as well. */
  keepsImage: boolean;
  /** The pictures that this process takes; others take the rest. Default: all. */
  share?: Shard;
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
 * Reads the pictures a command line names and uses them one after the other; the next ones are read
 * meanwhile. A bad one gives a line on stderr, the rest go on, and the exit status becomes 1.
 * @param loading the detector that is going to look at them.
 * @returns the bad ones.
 */
export async function forEachPicture(
  { images = [], recursive, ignoreOrientation, output }: PictureArguments,
  loading: Promise<Detector>,
  { tiles, keepsImage, share = { index: 0, count: 1 } }: ReadOptions,
  use: (picture: Picture) => Promise<void>,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  const passOver = (image: string, error: unknown): void => {
    if (!(error instanceof UserError)) throw error;
    const reason = error.message.startsWith(`${image}: `)
      ? error.message.slice(image.length + 2)
      : error.message;
    failures.push({ image, error: reason });
    note(`fgdet: ${image}: ${reason}`);
    process.exitCode = 1;
  };

  const [{ expandSources }, { PictureReader }, { readAhead }] = await Promise.all([
    import('../../src/images/sources.js'),
    import('../../detectors/pictureReader.js'),
    import('../../src/threads/readAhead.js'),
  ]);
  const sources = new Map<string, NamedSource>();
  const stems = new Set<string>();
  const links = new PassedLinks();
  for (const input of images) {
    try {
      const named = [input === dash ? '-' : input];
      const options = { recursive, output, onLink: links.add };
      for (const source of await expandSources(named, options)) {
        if (sources.has(source.identity)) continue;
        const stem = unusedStem(source.stem, stems);
        sources.set(source.identity, { ...source, stem, index: sources.size });
      }
    } catch (error) {
      // The first process tells it for all.
      if (share.index === 0) passOver(input, error);
    }
  }
  if (share.index === 0) for (const line of links.lines()) note(line);
  const own = [...sources.values()].filter(({ index }) => index % share.count === share.index);

  const reader = new PictureReader();
  const sight = loading.then((detector) => {
    const own = detector.sight({ tiles });
    return { ...own, keepsImage: keepsImage || own.keepsImage };
  });
  // A bad model shows where it is waited for.
  sight.catch(() => {});
  const read = async ({ name, path, read }: NamedSource) =>
    reader.read(path ?? (await read()), sight, { name, ignoreOrientation });
  try {
    for await (const { source, result } of readAhead(own, read, reader.ahead)) {
      // What is wrong with the model is not the picture's fault.
      await loading;
      const { index, name, stem } = source;
      const prepared = await result.catch((error: unknown) => passOver(name, error));
      if (prepared) await use({ index, name, stem, prepared });
    }
  } finally {
    await reader.close();
  }
  return failures;
}

interface NamedSource extends ImageSource {
  index: number;
}

function unusedStem(stem: string, used: Set<string>): string {
  let unused = stem;
  for (let i = 2; used.has(unused.toLowerCase()); i++) unused = `${stem}-${i}`;
  used.add(unused.toLowerCase());
  return unused;
}
