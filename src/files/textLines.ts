import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { largerThan, mostBytes, openRegular } from './regularFile.js';
import { cannotRead, textDecoder } from './textFile.js';

/**
 * The lines of a text file that may be larger than a string can be.
 * @throws UserError when it cannot be read, is not in its encoding, or a line has no end
 */
export async function* linesOf(file: string): AsyncGenerator<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await openRegular(file);
    let rest = '';
    let decode: ReturnType<typeof textDecoder> | undefined;
    for await (const bytes of handle.createReadStream({ start: 0, autoClose: false })) {
      decode ??= textDecoder(bytes, file);
      const lines = `${rest}${decode(bytes, { stream: true })}`.split('\n');
      rest = lines.pop()!;
      if (rest.length > mostBytes.settings) throw largerThan(file, mostBytes.settings);
      yield* lines;
    }
    rest += decode?.(new Uint8Array()) ?? '';
    if (rest !== '') yield rest;
  } catch (error) {
    throw error instanceof UserError ? error : cannotRead(file, error);
  } finally {
    await handle?.close();
  }
}
