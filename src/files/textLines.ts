import type { FileHandle } from 'node:fs/promises';
import { largerThan, mostBytes, openRegular } from './regularFile.js';
import { cannotRead } from './textFile.js';

/**
 * The lines of a file in UTF-8 that may be larger than a string can be.
 * @throws UserError when it cannot be read, or a line has no end
 */
export async function* linesOf(file: string): AsyncGenerator<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await openRegular(file);
    let rest = '';
    const text = handle.createReadStream({ start: 0, encoding: 'utf8', autoClose: false });
    for await (const piece of text) {
      const lines = `${rest}${piece}`.split('\n');
      rest = lines.pop()!;
      if (rest.length > mostBytes.settings) throw largerThan(file, mostBytes.settings);
      yield* lines;
    }
    if (rest !== '') yield rest;
  } catch (error) {
    throw cannotRead(file, error);
  } finally {
    await handle?.close();
  }
}
