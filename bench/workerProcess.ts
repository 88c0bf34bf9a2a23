import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a worker says when it is warmed up. */
export interface Ready {
  /** Floating-point operations of one run. */
  flops: number;
  /** A few results, to be compared with the other side's. */
  check: number[];
}

/** What one run took. */
export interface Timing {
  milliseconds: number;
  /** Of all threads together, those that wait for others included. */
  processorMilliseconds: number;
}

/** A process that runs one case whenever it is told to; its peak memory is the case's own. */
export class WorkerProcess {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #command: string;
  #complaints = '';

  private constructor(command: string, args: string[]) {
    this.#command = [command, ...args].join(' ');
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    // A failed start shows as an end without an answer.
    this.#process.on('error', (error) => {
      this.#complaints += error.message;
    });
    this.#process.stderr!.on('data', (data) => {
      this.#complaints += data;
    });
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  /** Starts a worker and waits until it is warmed up. @throws with what it said when it fails. */
  static async start(
    command: string,
    args: string[],
  ): Promise<{ worker: WorkerProcess; ready: Ready }> {
    const worker = new WorkerProcess(command, args);
    return { worker, ready: await worker.#answer<Ready>() };
  }

  /** Runs the case once. */
  run(): Promise<Timing> {
    this.#process.stdin!.write('run\n');
    return this.#answer<Timing>();
  }

  /** Ends the process. @returns its peak resident memory in bytes, null where the system does not tell */
  async end(): Promise<number | null> {
    this.#process.stdin!.end();
    const { peakBytes } = await this.#answer<{ peakBytes: number | null }>();
    if (this.#process.exitCode === null) {
      await new Promise((resolve) => this.#process.once('exit', resolve));
    }
    return peakBytes;
  }

  async #answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#command} ended early:\n${this.#complaints.slice(-2000)}`);
    return JSON.parse(value) as T;
  }
}
