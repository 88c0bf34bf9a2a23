import { Refusal } from './errors.js';

const alphabet = /^[A-Za-z0-9+/_-]*={0,2}$/;
const dataUri = /^data:([^,]{0,200}),/i;

/**
 * The bytes of a base64 text; line breaks do not count.
 * @throws Refusal when it is not base64, or has no bytes.
 */
export function base64Bytes(text: string): Uint8Array {
  const squeezed = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  if (!alphabet.test(squeezed)) throw new Refusal(400, 'The base64 text has other characters.');
  const bytes = Buffer.from(squeezed, 'base64');
  if (bytes.length === 0) throw new Refusal(400, 'The base64 text is empty.');
  return bytes;
}

export function isDataUri(text: string): boolean {
  return /^data:/i.test(text);
}

/** The bytes in a data URI. @throws Refusal when it is not one in base64. */
export function dataUriBytes(text: string): Uint8Array {
  const head = dataUri.exec(text);
  if (!head || !/;base64$/i.test(head[1])) {
    throw new Refusal(400, 'A data URI is taken in base64: data:image/jpeg;base64,…');
  }
  return base64Bytes(text.slice(head[0].length));
}
