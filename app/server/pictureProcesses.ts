import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { PreparedPicture, Sight } from '../../detectors/preparedPicture.js';
import type { Size } from '../../detectors/scales.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { ownCores } from '../../src/jit/processesHere.js';
import { Refusal } from './errors.js';
import type { Limits } from './limits.js';
import { checkPixels, type PictureHeader } from './pictureHeader.js';
import { PictureTurns } from './pictureTurns.js';
import { orAborted } from './timeLimit.js';

/** What a process is to make of a picture's file. */
export type PictureTask = { file: Uint8Array; maxPixels: number } & (
  | { kind: 'header' }
  | { kind: 'prepared'; sight: Sight }
  | { kind: 'pixels' }
  | { kind: 'jpeg' }
);

export interface PictureResult {
  header?: PictureHeader;
  picture?: PreparedPicture;
  image?: RgbImage;
  jpeg?: Uint8Array;
}

export type PictureAnswer = { result: PictureResult } | { refused: string } | { failed: string };

const script = new URL('./pictures.process.js', import.meta.url);
/** For all but large pictures, for which there is one more. */
const mostProcesses = 4;
/** How long, in milliseconds, a picture is read on that nobody waits for: another process would take as long to start. */
const abandonedMs = 500;

/**
 * Reads files of pictures in processes of their own, which can be ended, as threads in a decoder cannot: when reading
 * takes longer than any picture of its size, and when nobody waits for it any more. A decoder that fails takes
 * nothing else with it.
 */
export class PictureProcesses {
  readonly #limits: Pick<Limits, 'pixels' | 'decodeMs' | 'decodeMsPerMegapixel'>;
  readonly #turns: PictureTurns;
  readonly #all = new Set<ChildProcess>();
  readonly #idle = new Set<ChildProcess>();

  constructor(limits: Pick<Limits, 'pixels' | 'decodeMs' | 'decodeMsPerMegapixel'>) {
    this.#limits = limits;
    const turns = Math.max(2, Math.min(ownCores(), mostProcesses));
    this.#turns = new PictureTurns(limits.pixels, { turns }, { turns: 1 });
  }

  /** Starts a process, so that the first picture need not wait for it. */
  async start(): Promise<void> {
    this.#idle.add(await this.#fork());
  }

  /**
   * What a picture's header says.
   * @throws Refusal where it cannot be read, or says that there are too many pixels; the signal's reason.
   */
  async header(file: Uint8Array, signal?: AbortSignal): Promise<PictureHeader> {
    const unknown = { width: 0, height: 0 };
    const { header } = await this.#run({ kind: 'header', ...this.#given(file) }, unknown, signal);
    checkPixels(header!, this.#limits.pixels);
    return header!;
  }

  /**
   * A picture as a detector wants to see it.
   * @param size in its header.
   * @throws Refusal where it cannot be read; the signal's reason.
   */
  async prepared(
    file: Uint8Array,
    size: Size,
    sight: Sight,
    signal?: AbortSignal,
  ): Promise<PreparedPicture> {
    return (await this.#run({ kind: 'prepared', sight, ...this.#given(file) }, size, signal))
      .picture!;
  }

  /** All pixels of a picture; throws as `prepared`. */
  async pixels(file: Uint8Array, size: Size, signal?: AbortSignal): Promise<RgbImage> {
    return (await this.#run({ kind: 'pixels', ...this.#given(file) }, size, signal)).image!;
  }

  /** The picture as a JPEG file; throws as `prepared`. */
  async jpeg(file: Uint8Array, size: Size, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.#run({ kind: 'jpeg', ...this.#given(file) }, size, signal)).jpeg!;
  }

  /** Ends the processes. */
  close(): void {
    for (const process of this.#all) process.kill('SIGKILL');
  }

  #given(file: Uint8Array) {
    return { file, maxPixels: this.#limits.pixels };
  }

  #run(task: PictureTask, { width, height }: Size, signal?: AbortSignal): Promise<PictureResult> {
    const { decodeMs, decodeMsPerMegapixel } = this.#limits;
    const pixels = width * height;
    // What a header's reading takes goes by the file.
    const amount = task.kind === 'header' ? task.file.length : pixels;
    const ms = Math.round(decodeMs + (pixels * decodeMsPerMegapixel) / 1e6);
    const work = async () => {
      const process = await this.#take();
      try {
        const answer = await answerOf(process, task, ms, signal);
        this.#idle.add(process);
        if ('result' in answer) return answer.result;
        if ('refused' in answer) throw new Refusal(422, answer.refused);
        throw new Error(answer.failed);
      } finally {
        if (!this.#idle.has(process)) process.kill('SIGKILL');
      }
    };
    if (!signal) return this.#turns.turn(work, amount);
    return orAborted(signal, () => this.#turns.turn(work, amount, signal));
  }

  #take(): Promise<ChildProcess> | ChildProcess {
    const [idle] = this.#idle;
    if (!idle) return this.#fork();
    this.#idle.delete(idle);
    return idle;
  }

  async #fork(): Promise<ChildProcess> {
    const child = fork(script, {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#all.add(child);
    child.once('exit', () => {
      this.#all.delete(child);
      this.#idle.delete(child);
    });
    child.unref();
    child.channel!.unref();
    await messageOf(child);
    return child;
  }
}

/** Gives a process a task, and waits for its answer so many milliseconds, or less where nobody else does. */
async function answerOf(
  process: ChildProcess,
  task: PictureTask,
  withinMs: number,
  signal?: AbortSignal,
): Promise<PictureAnswer> {
  const late = new AbortController();
  const end = () => late.abort();
  const timer = setTimeout(end, withinMs);
  let abandoned: NodeJS.Timeout | undefined;
  const abandon = () => {
    abandoned = setTimeout(end, abandonedMs);
  };
  if (signal?.aborted) abandon();
  signal?.addEventListener('abort', abandon, { once: true });
  process.send(task);
  try {
    return (await messageOf(process, late.signal)) as PictureAnswer;
  } catch (error) {
    const seconds = (withinMs / 1000).toFixed(1);
    const reason = late.signal.aborted
      ? `it was not read within ${seconds} s, which is enough for a picture of its size.`
      : 'what reads it ended.';
    throw new Refusal(422, `the picture: ${reason}`, { cause: error });
  } finally {
    clearTimeout(timer);
    clearTimeout(abandoned);
    signal?.removeEventListener('abort', abandon);
  }
}

/** The next message of a process; fails when it ends before. */
async function messageOf(process: ChildProcess, signal?: AbortSignal): Promise<unknown> {
  const done = new AbortController();
  const ends = { signal: AbortSignal.any([done.signal, ...(signal ? [signal] : [])]) };
  const exit = once(process, 'exit', ends).then(() => {
    throw new Error('A process that reads pictures has ended.');
  });
  try {
    const [message] = await Promise.race([once(process, 'message', ends), exit]);
    return message;
  } finally {
    done.abort();
  }
}
