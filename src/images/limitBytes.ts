import { ImageError } from './imageError.js';

/**
 * All bytes of a stream.
 * @throws ImageError, named `name`, as soon as there are more than `maxBytes`.
 */
export async function limitBytes(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  name: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(name, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function tooLarge(name: string, maxBytes: number): ImageError {
  return new ImageError(name, `it is larger than ${Number((maxBytes / 2 ** 20).toFixed(1))} MiB.`);
}
