import { UserError } from '../errors.js';
import { FileRefused, mostBytes, readWhole, readWholeSync } from './regularFile.js';
import { systemReason } from './systemReason.js';

/** What is looked at for an XML declaration. */
const declarationBytes = 1024;

/**
 * The text of a file in UTF-8, in UTF-16, or in the encoding that its XML declares.
 * @throws UserError when it cannot be read, is too large or no file, or is in another encoding
 */
export async function readText(file: string, most: number = mostBytes.text): Promise<string> {
  const content = await readWhole(file, most).catch((error) => {
    throw cannotRead(file, error);
  });
  return decodeText(content, file);
}

/** As `readText`, at once. */
export function readTextSync(file: string, most: number = mostBytes.text): string {
  let content: Buffer;
  try {
    content = readWholeSync(file, most);
  } catch (error) {
    throw cannotRead(file, error);
  }
  return decodeText(content, file);
}

/** What a failed reading is, in words. */
export function cannotRead(path: string, error: unknown): UserError {
  if (error instanceof FileRefused) return error;
  return new UserError(`Cannot read ${path}: ${systemReason(error)}`);
}

/**
 * The text that bytes are, without a byte order mark: in UTF-8, in UTF-16, or in the encoding that XML declares.
 * @param where the file, for messages.
 * @throws UserError naming the encoding that it is not in, or that is not known here
 */
export function decodeText(bytes: Uint8Array, where: string): string {
  return textDecoder(bytes, where)(bytes);
}

/** As `decodeText`, of bytes that are in UTF-8 whatever they look like. */
export function utf8Text(bytes: Uint8Array, where: string): string {
  return textDecoder(bytes, where, 'UTF-8')(bytes);
}

/**
 * Decodes a text whose bytes come in pieces.
 * @param start the first bytes, which tell the encoding, unless it is given.
 * @param where the file, for messages.
 * @returns the text of the next bytes; `{ stream: true }` where others follow.
 * @throws UserError as `decodeText`, also while decoding
 */
export function textDecoder(
  start: Uint8Array,
  where: string,
  encoding = encodingOf(start),
): (bytes: Uint8Array, options?: { stream: boolean }) => string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new UserError(
      `${where} is a text in ${encoding}, which cannot be read here. Save it in UTF-8.`,
    );
  }
  return (bytes, options) => {
    try {
      return decoder.decode(bytes, options);
    } catch {
      throw new UserError(`${where} is not a text in ${encoding}. Save it in UTF-8.`);
    }
  };
}

/** By the byte order mark, the zeros of UTF-16, or what an XML declaration says. */
export function encodingOf(start: Uint8Array): string {
  return unicodeOf(start) ?? declaredIn(start) ?? 'UTF-8';
}

function unicodeOf([a, b, c, d]: Uint8Array): string | undefined {
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'UTF-32LE' : 'UTF-16LE';
  if (a === 0xfe && b === 0xff) return 'UTF-16BE';
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'UTF-32BE';
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'UTF-8';
  // Texts begin with a character of ASCII, which UTF-16 has a zero beside.
  if (a > 0 && b === 0) return 'UTF-16LE';
  return a === 0 && b > 0 ? 'UTF-16BE' : undefined;
}

function declaredIn(start: Uint8Array): string | undefined {
  const text = Buffer.from(start.subarray(0, declarationBytes)).toString('latin1');
  const encoding = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']/.exec(text)?.[1].trim();
  // Programs that hold texts in UTF-16 declare that, and then write them in UTF-8.
  return encoding && !/^utf-?16/i.test(encoding) ? encoding : undefined;
}
