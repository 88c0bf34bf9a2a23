import { setImmediate } from 'node:timers/promises';
import { Refusal } from './errors.js';

const otherCharacter = /[^A-Za-z0-9+/_=\s-]/;
const dataUri = /^data:([^,]{0,200}),/i;

/**
 * The bytes of a base64 text; line breaks do not count.
 * @throws Refusal when it is not base64, or has no bytes.
 */
export async function base64Bytes(text: string): Promise<Uint8Array> {
  // It takes a while, as did what was done to the text before: others have their turn between.
  await setImmediate();
  if (!isBase64(text)) throw new Refusal(400, 'The base64 text has other characters.');
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0) throw new Refusal(400, 'The base64 text is empty.');
  return bytes;
}

function isBase64(text: string): boolean {
  if (otherCharacter.test(text)) return false;
  const padding = text.indexOf('=');
  return padding < 0 || /^=\s{0,2}=?$/.test(text.slice(padding).trimEnd());
}

export function isDataUri(text: string): boolean {
  return /^data:/i.test(text);
}

/** The bytes in a data URI. @throws Refusal when it is not one in base64. */
export async function dataUriBytes(text: string): Promise<Uint8Array> {
  const head = dataUri.exec(text);
  if (!head || !/;base64$/i.test(head[1])) {
    throw new Refusal(400, 'A data URI is taken in base64: data:image/jpeg;base64,…');
  }
  return base64Bytes(text.slice(head[0].length));
}
