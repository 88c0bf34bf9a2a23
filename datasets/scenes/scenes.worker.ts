import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { UserError } from '../../src/errors.js';
import { systemSentence } from '../../src/files/systemReason.js';
import { makePart, type PartSource } from './parts.js';

/** A worker's answer to the number of a part. */
export type WorkerAnswer = { part: number } | { error: string; forPeople: boolean };

// The pictures are spread over the workers already.
sharp.concurrency(1);

const port = parentPort!;
port.on('message', async (part: number) => {
  try {
    await makePart(workerData as PartSource, part);
    port.postMessage({ part } satisfies WorkerAnswer);
  } catch (error) {
    const sentence = error instanceof UserError ? error.message : systemSentence(error);
    const message = sentence ?? String((error as Error).stack);
    port.postMessage({ error: message, forPeople: sentence !== undefined } satisfies WorkerAnswer);
  }
});
