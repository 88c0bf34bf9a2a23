import { workerData } from 'node:worker_threads';
import { serveTasks } from '../src/threads/serveTasks.js';

/** Prepares batches by number. */
export interface BatchMaker<Batch> {
  build(index: number): Promise<Batch>;
  /** Closes files. */
  close?(): void;
}

/**
 * Makes this worker thread prepare batches for a `BatchLoader`.
 * @param createMaker is called when the first batch is asked for, with the loader's `source`.
 */
export function serveBatches<Source, Batch extends object>(
  createMaker: (source: Source) => BatchMaker<Batch>,
): void {
  let maker: BatchMaker<Batch> | undefined;
  serveTasks(async (index: number) => {
    maker ??= createMaker(workerData as Source);
    return maker.build(index);
  });
}
