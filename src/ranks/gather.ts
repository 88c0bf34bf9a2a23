import type { Ranks } from './ranks.js';

const word = Int32Array.BYTES_PER_ELEMENT;

/** The JSON values of all ranks, in their order. */
export async function gatherValues<T>(ranks: Ranks, own: T): Promise<T[]> {
  if (ranks.size === 1) return [own];
  const bytes = Buffer.from(JSON.stringify(own));
  // What is gathered is equally long everywhere: spaces after JSON do no harm.
  const length = await ranks.largest(Math.ceil(bytes.length / word));
  const padded = Buffer.alloc(length * word, ' ');
  padded.set(bytes);
  const values = new Int32Array(
    padded.buffer.slice(padded.byteOffset, padded.byteOffset + padded.length),
  );
  const all = await ranks.allGather(values);
  return Array.from({ length: ranks.size }, (_, rank) => {
    const { buffer, byteOffset } = all.subarray(rank * length);
    return JSON.parse(Buffer.from(buffer, byteOffset, length * word).toString('utf8')) as T;
  });
}
