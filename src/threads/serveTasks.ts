import { parentPort } from 'node:worker_threads';
import { UserError } from '../errors.js';

/** A task as a thread is told of it. */
export interface NumberedTask<Task> {
  id: number;
  task: Task;
}

/** A thread's answer to a task. */
export type TaskAnswer<Result> =
  | { id: number; result: Result }
  | { id: number; error: string; forPeople: boolean };

/**
 * Makes this worker thread work for a `TaskThreads`: one task after the other, in the order in which they
 * come. The memory of a result's typed arrays goes over to the other thread, without a copy.
 */
export function serveTasks<Task, Result extends object>(
  work: (task: Task) => Promise<Result>,
): void {
  const port = parentPort!;
  let before: Promise<void> = Promise.resolve();
  const answer = async ({ id, task }: NumberedTask<Task>) => {
    try {
      const result = await work(task);
      port.postMessage({ id, result } satisfies TaskAnswer<Result>, buffersOf(result));
    } catch (error) {
      const forPeople = error instanceof UserError;
      const message = forPeople ? error.message : String((error as Error).stack);
      port.postMessage({ id, error: message, forPeople } satisfies TaskAnswer<Result>);
    }
  };
  port.on('message', (task: NumberedTask<Task>) => {
    before = before.then(() => answer(task));
  });
}

function buffersOf(result: object): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (value: unknown) => {
    if (ArrayBuffer.isView(value)) buffers.add(value.buffer as ArrayBuffer);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(result);
  return [...buffers];
}
