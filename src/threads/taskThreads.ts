import { type Transferable, Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { NumberedTask, TaskAnswer } from './serveTasks.js';

export interface TaskThreadsOptions {
  /** Most threads. */
  count: number;
  /** Given to each thread when it starts, as its `workerData`: plain data. */
  source?: unknown;
  /**
   * Milliseconds that a task may take, what waits before it in its thread included. After that its thread is ended,
   * with all that it was to do. Default: no end.
   */
  mostMs?: number;
}

interface Waiting<Result> {
  resolve(result: Result): void;
  reject(error: Error): void;
}

interface Thread<Result> {
  worker: Worker;
  /** By the numbers of tasks. */
  waiting: Map<number, Waiting<Result>>;
}

/**
 * Does tasks on worker threads, which start when there is work for them. A thread is told of its tasks at
 * once, so that it goes on while the calling thread is busy. Threads without a task do not keep the
 * process from ending.
 */
export class TaskThreads<Task, Result extends object> {
  readonly #script: URL;
  readonly #options: TaskThreadsOptions;
  readonly #threads: Thread<Result>[] = [];
  #tasks = 0;
  #closed = false;

  /** @param script calls `serveTasks`. */
  constructor(script: URL, options: TaskThreadsOptions) {
    this.#script = script;
    this.#options = options;
  }

  /**
   * Does a task.
   * @param transfer memory that goes over to the thread without a copy, and is lost here.
   * @throws UserError where the thread threw one; an Error when the thread or all of them were ended.
   */
  run(task: Task, transfer: readonly Transferable[] = []): Promise<Result> {
    const id = this.#tasks++;
    if (this.#closed) return Promise.reject(endedEarly());
    const thread = this.#leastBusy();
    const { worker, waiting } = thread;
    const answer = new Promise<Result>((resolve, reject) => {
      worker.postMessage({ id, task } satisfies NumberedTask<Task>, transfer);
      waiting.set(id, { resolve, reject });
      worker.ref();
    });
    return this.#inTime(answer, thread);
  }

  /** Ends the threads; what they have not done fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  async #inTime(answer: Promise<Result>, thread: Thread<Result>): Promise<Result> {
    const { mostMs } = this.#options;
    if (mostMs === undefined) return answer;
    const timer = setTimeout(() => {
      this.#end(thread, new Error(`it took more than ${mostMs / 1000} s`));
      thread.worker.terminate();
    }, mostMs);
    return answer.finally(() => clearTimeout(timer));
  }

  #leastBusy(): Thread<Result> {
    const [least] = this.#threads.toSorted((a, b) => a.waiting.size - b.waiting.size);
    const full = this.#threads.length >= this.#options.count;
    return least && (full || least.waiting.size === 0) ? least : this.#start();
  }

  #start(): Thread<Result> {
    const worker = new Worker(this.#script, { workerData: this.#options.source });
    const thread: Thread<Result> = { worker, waiting: new Map() };
    this.#threads.push(thread);
    worker.on('message', (answer: TaskAnswer<Result>) => this.#receive(thread, answer));
    worker.on('error', (error) => this.#end(thread, error));
    worker.on('exit', () => this.#end(thread, endedEarly()));
    return thread;
  }

  #receive({ worker, waiting }: Thread<Result>, answer: TaskAnswer<Result>): void {
    const { resolve, reject } = waiting.get(answer.id)!;
    waiting.delete(answer.id);
    // While a thread is being ended, nothing else may keep the process until it has ended.
    if (waiting.size === 0 && !this.#closed) worker.unref();
    if ('result' in answer) resolve(answer.result);
    else reject(answer.forPeople ? new UserError(answer.error) : new Error(answer.error));
  }

  #end(thread: Thread<Result>, error: unknown): void {
    const index = this.#threads.indexOf(thread);
    if (index >= 0) this.#threads.splice(index, 1);
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const { reject } of thread.waiting.values()) reject(reason);
    thread.waiting.clear();
  }
}

function endedEarly(): Error {
  return new Error('The thread was ended before its work was done.');
}
