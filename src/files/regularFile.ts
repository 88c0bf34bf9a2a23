import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../errors.js';

const MiB = 2 ** 20;

/** How many bytes a file may have that is read whole, by what it holds. */
export const mostBytes = {
  picture: 256 * MiB,
  /** Labels and lists, no larger than a string can be; also what a compressed one holds. */
  text: 511 * MiB,
  /** What belongs to a model, such as its config and its tokenizer, and what a command is told to do. */
  settings: 64 * MiB,
  /** YAML, which takes long to read: the names of 40,000 categories. */
  yaml: MiB,
};

/** A file that is not read. */
export class FileRefused extends UserError {
  override name = 'FileRefused';

  /** @param reason a sentence: "it is a pipe." */
  constructor(
    path: string,
    readonly reason: string,
  ) {
    super(`Cannot read ${path}: ${reason}`);
  }
}

export function largerThan(path: string, most: number): FileRefused {
  return new FileRefused(path, `it is larger than ${Number((most / MiB).toFixed(1))} MiB.`);
}

// Opening a pipe otherwise waits until somebody writes into it.
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** What the shell gives to a command: "-", "<(gunzip -c labels.json.gz)". Whoever types it knows that it ends. */
const isOwn = (path: string) => /^\/(dev\/(stdin|fd\/\d+)|proc\/self\/fd\/\d+)$/.test(path);

/**
 * Opens a file for reading: no pipe, device or socket, of which one may wait for ever for what never ends.
 * @throws FileRefused, and the system's error
 */
export function openRegularSync(path: string): number {
  if (isOwn(path)) return openSync(path, 'r');
  const descriptor = openSync(path, flags);
  try {
    checkRegular(path, fstatSync(descriptor));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** As `openRegularSync`. */
export async function openRegular(path: string): Promise<FileHandle> {
  if (isOwn(path)) return open(path, 'r');
  const handle = await open(path, flags);
  try {
    checkRegular(path, await handle.stat());
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function checkRegular(path: string, found: { isFile(): boolean; isDirectory(): boolean }): void {
  if (found.isFile()) return;
  if (found.isDirectory()) {
    throw Object.assign(new Error('it is a folder.'), { code: 'EISDIR', syscall: 'read', path });
  }
  throw new FileRefused(path, 'it is a pipe or a device, not a file.');
}

/**
 * All bytes of a file.
 * @param most that it may have.
 * @throws FileRefused for a larger one and for what is no file, and the system's error
 */
export function readWholeSync(path: string, most: number): Buffer {
  const descriptor = openRegularSync(path);
  try {
    const whole = new Whole(path, fstatSync(descriptor).size, most);
    while (whole.add(readSync(descriptor, whole.bytes, whole.length, whole.room, null)));
    return whole.content();
  } finally {
    closeSync(descriptor);
  }
}

/** As `readWholeSync`. */
export async function readWhole(path: string, most: number): Promise<Buffer> {
  const handle = await openRegular(path);
  try {
    const whole = new Whole(path, (await handle.stat()).size, most);
    const read = async () => {
      const { bytesRead } = await handle.read(whole.bytes, whole.length, whole.room, null);
      return bytesRead;
    };
    while (whole.add(await read()));
    return whole.content();
  } finally {
    await handle.close();
  }
}

/** What has been read so far. Files may grow meanwhile, and some systems' own say that they have no bytes. */
class Whole {
  readonly #path: string;
  readonly #most: number;
  bytes: Buffer;
  length = 0;

  constructor(path: string, size: number, most: number) {
    if (size > most) throw largerThan(path, most);
    this.#path = path;
    this.#most = most;
    // One more, to see that the file ends.
    this.bytes = Buffer.allocUnsafeSlow(size + 1);
  }

  get room(): number {
    return this.bytes.length - this.length;
  }

  /** @returns whether there may be more */
  add(count: number): boolean {
    this.length += count;
    if (this.length > this.#most) throw largerThan(this.#path, this.#most);
    if (count > 0 && this.room === 0) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#most + 1, 2 * this.length + 4096));
      this.bytes.copy(larger);
      this.bytes = larger;
    }
    return count > 0;
  }

  content(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
