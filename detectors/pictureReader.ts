import type { Transferable } from 'node:worker_threads';
import { ownCores } from '../src/jit/processesHere.js';
import { TaskThreads } from '../src/threads/taskThreads.js';
import {
  decoded,
  type ImageSource,
  type PreparedPicture,
  prepared,
  type ReadOptions,
  type Sight,
} from './preparedPicture.js';

/** A picture that a thread is to read. */
export interface ReadTask {
  source: ImageSource;
  options: ReadOptions;
  sight: Sight;
}

const mostThreads = 4;
const script = new URL('./pictures.worker.js', import.meta.url);

/**
 * Reads pictures and resizes them for a detector: the first one here, the others on threads, while the
 * model works.
 */
export class PictureReader {
  readonly #threads: TaskThreads<ReadTask, PreparedPicture>;
  /** How many pictures it is worth to have read, or under way, besides the one in use. */
  readonly ahead: number;
  #first = true;

  constructor(threads = Math.max(1, Math.min(ownCores() - 1, mostThreads))) {
    this.#threads = new TaskThreads(script, { count: threads });
    this.ahead = threads + 1;
  }

  /**
   * Reads a picture.
   * @param sight may still be on its way while the picture is read.
   * @throws UserError where the picture cannot be read.
   */
  async read(
    source: ImageSource,
    sight: Sight | Promise<Sight>,
    options: ReadOptions = {},
  ): Promise<PreparedPicture> {
    if (this.#first) {
      this.#first = false;
      const [image, wanted] = await Promise.all([decoded(source, options), sight]);
      return prepared(image, wanted);
    }
    const own = source instanceof Uint8Array ? new Uint8Array(source) : source;
    const transfer: Transferable[] = own instanceof Uint8Array ? [own.buffer] : [];
    return this.#threads.run({ source: own, options, sight: await sight }, transfer);
  }

  /** Ends the threads. */
  close(): Promise<void> {
    return this.#threads.close();
  }
}
