import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readSync, truncateSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../src/errors.js';
import { makeFolder } from '../src/files/makeFolder.js';
import { openRegularSync } from '../src/files/regularFile.js';
import { cannotRead } from '../src/files/textFile.js';
import { scanJsonLines } from './records/jsonLinesShard.js';

/** One of several processes that share the items of a run. */
export interface Shard {
  /** From 0. */
  index: number;
  count: number;
}

/** Where a run writes down what it has done, and what makes it another run. */
export interface JournalOptions {
  folder: string;
  /** Its files are `<name>-1-of-4.jsonl` and so on. */
  name: string;
  /** Whatever decides what comes out; a JSON value. */
  run: unknown;
  shard: Shard;
}

/** Where a line lies. */
export interface Span {
  file: string;
  start: number;
  end: number;
}

/**
 * What a run has done, a line of JSON for each item, written when the item is done, so that a run that was
 * stopped goes on where it was. Processes that share the items each write a file of their own in the same
 * folder, and read those of the others.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #file: string;
  readonly #head: string;
  /** What is to be written before the first line. */
  #begin = '';
  #written = Promise.resolve();

  /** @throws UserError when the folder holds what another run did. */
  constructor(options: JournalOptions) {
    const { folder, name, run, shard } = options;
    this.#options = options;
    makeFolder(folder);
    this.#file = join(folder, `${name}-${shard.index + 1}-of-${shard.count}.jsonl`);
    const key = createHash('sha256').update(JSON.stringify(run)).digest('hex');
    this.#head = JSON.stringify({ run: key });
  }

  /**
   * Gives every line of the run so far, of all processes; can be asked again.
   * @param take may throw anything to say that a line is not what it should be
   * @throws UserError naming a file of another run, or a broken line
   */
  read(take: (value: unknown, place: Span) => void): void {
    const { folder, name } = this.#options;
    const own = new RegExp(`^${name}-\\d+-of-\\d+\\.jsonl$`);
    for (const entry of readdirSync(folder).sort()) {
      if (own.test(entry)) this.#readFile(join(folder, entry), take);
    }
    if (!existsSync(this.#file)) this.#begin = `${this.#head}\n`;
  }

  /** What a line holds that `read` told of. */
  valueAt({ file, start, end }: Span): unknown {
    const bytes = Buffer.alloc(end - start);
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, bytes, 0, bytes.length, start);
    } finally {
      closeSync(descriptor);
    }
    return JSON.parse(bytes.toString('utf8'));
  }

  /** Writes down what was done. */
  async add(value: unknown): Promise<void> {
    const line = `${this.#begin}${JSON.stringify(value)}\n`;
    this.#begin = '';
    // One after the other: the file must begin with its first line.
    this.#written = this.#written.then(() => appendFile(this.#file, line));
    await this.#written;
  }

  #readFile(file: string, take: (value: unknown, place: Span) => void): void {
    const descriptor = opened(file);
    const text = ({ start, end }: Pick<Span, 'start' | 'end'>) => {
      const buffer = Buffer.alloc(end - start);
      readSync(descriptor, buffer, 0, buffer.length, start);
      return buffer.toString('utf8');
    };
    let number = 0;
    let whole = 0;
    try {
      scanJsonLines(file, ([start, end], ended) => {
        if (!ended) return;
        number++;
        whole = end + 1;
        const line = text({ start, end });
        if (number > 1) return takeLine(line, { file, start, end }, number, take);
        if (line === this.#head) return;
        throw new UserError(
          `${file} holds what was found with another model, data set or setting. ` +
            'Give another --output, or delete it to start anew.',
        );
      });
    } finally {
      closeSync(descriptor);
    }
    if (file !== this.#file) return;
    // A line that was cut off goes, so that the next one begins a line.
    truncateSync(file, whole);
    if (whole === 0) this.#begin = `${this.#head}\n`;
  }
}

function opened(file: string): number {
  try {
    return openRegularSync(file);
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function takeLine(
  line: string,
  place: Span,
  number: number,
  take: (value: unknown, place: Span) => void,
): void {
  try {
    take(JSON.parse(line), place);
  } catch {
    throw new UserError(`${place.file}: line ${number} is broken; delete the file to start anew.`);
  }
}
