import { isUrl } from '../../src/images/fetchBytes.js';
import { base64Bytes, dataUriBytes, isDataUri } from './base64.js';
import { Refusal } from './errors.js';
import type { SafeFetch } from './safeFetch.js';
import type { ImageInput } from './schemas.js';
import type { Visit } from './visit.js';

/**
 * The file of a picture that a request names or brings.
 * @throws Refusal or ImageError where there is none.
 */
export async function imageBytes(
  input: ImageInput,
  fetcher: SafeFetch,
  visit: Visit,
): Promise<Uint8Array> {
  if (input instanceof Uint8Array) return input;
  if (typeof input === 'object' && 'base64' in input) return base64Bytes(input.base64);
  const address = typeof input === 'string' ? input : input.url;
  if (isDataUri(address)) return dataUriBytes(address);
  checkAddress(address);
  if (isUrl(address)) return fetcher.fetch(address, visit);
  throw new Refusal(
    400,
    'A picture is an http(s) address, a data URI, {"url": …} or {"base64": …}.',
  );
}

/** Addresses that are longer are not looked at. */
const mostCharacters = 8192;

/** @throws Refusal for an address that no picture has. */
export function checkAddress(address: string): void {
  if (address.length <= mostCharacters) return;
  throw new Refusal(
    400,
    `The address ${address.slice(0, 100)}… has ${address.length} characters; at most ${mostCharacters} are taken.`,
  );
}
