import { parentPort } from 'node:worker_threads';
import { type AdamWRates, type AdamWTensor, buffersOf, updateTensor } from './adamwTensor.js';

/** Tensors to update; they go back as the answer. */
export interface AdamWTask {
  tensors: AdamWTensor[];
  rates: AdamWRates;
}

const port = parentPort!;
port.on('message', ({ tensors, rates }: AdamWTask) => {
  for (const tensor of tensors) updateTensor(tensor, rates);
  port.postMessage(tensors, tensors.flatMap(buffersOf));
});
