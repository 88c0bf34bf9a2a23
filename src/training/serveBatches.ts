import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../errors.js';

/** Prepares batches by number. */
export interface BatchMaker<Batch> {
  build(index: number): Promise<Batch>;
}

/** A thread's answer to the number of a batch. */
export type WorkerAnswer<Batch> =
  | { index: number; batch: Batch }
  | { index: number; error: string; forPeople: boolean };

/**
 * Makes this worker thread answer a `BatchLoader`. The memory of a batch's typed arrays goes over to the
 * loader's thread, without a copy.
 * @param createMaker is called when the first batch is asked for, with the loader's `source`.
 */
export function serveBatches<Source, Batch extends object>(
  createMaker: (source: Source) => BatchMaker<Batch>,
): void {
  const port = parentPort!;
  let maker: BatchMaker<Batch> | undefined;
  port.on('message', async (index: number) => {
    try {
      maker ??= createMaker(workerData as Source);
      const batch = await maker.build(index);
      port.postMessage({ index, batch } satisfies WorkerAnswer<Batch>, buffersOf(batch));
    } catch (error) {
      const forPeople = error instanceof UserError;
      const message = forPeople ? error.message : String((error as Error).stack);
      port.postMessage({ index, error: message, forPeople } satisfies WorkerAnswer<Batch>);
    }
  });
}

function buffersOf(batch: object): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (tree: object) => {
    for (const value of Object.values(tree)) {
      if (ArrayBuffer.isView(value)) buffers.add(value.buffer as ArrayBuffer);
      else if (typeof value === 'object' && value !== null) visit(value);
    }
  };
  visit(batch);
  return [...buffers];
}
