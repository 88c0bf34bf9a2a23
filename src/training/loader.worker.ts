import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../errors.js';
import { BatchBuilder, type BatchSource, type PreparedBatch } from './batches.js';
import type { PlainBatch } from './packing.js';

/** A worker's answer to the number of a batch. */
export type WorkerAnswer =
  | { index: number; batch: PreparedBatch }
  | { index: number; error: string; forPeople: boolean };

const port = parentPort!;
let builder: BatchBuilder | undefined;

port.on('message', async (index: number) => {
  try {
    builder ??= new BatchBuilder(workerData as BatchSource);
    const batch = await builder.build(index);
    port.postMessage({ index, batch } satisfies WorkerAnswer, buffersOf(batch.arrays));
  } catch (error) {
    const forPeople = error instanceof UserError;
    const message = forPeople ? error.message : String((error as Error).stack);
    port.postMessage({ index, error: message, forPeople } satisfies WorkerAnswer);
  }
});

function buffersOf(arrays: PlainBatch): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (tree: object) => {
    for (const value of Object.values(tree)) {
      if (ArrayBuffer.isView(value)) buffers.add(value.buffer as ArrayBuffer);
      else if (typeof value === 'object') visit(value);
    }
  };
  visit(arrays);
  return [...buffers];
}
