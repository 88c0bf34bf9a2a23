import { ImageError } from './imageError.js';
import { limitBytes, tooLarge } from './limitBytes.js';

export interface FetchLimits {
  /** For the whole answer, in milliseconds. */
  timeoutMs: number;
  /** The largest file that is taken. */
  maxBytes: number;
}

export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/**
 * The file at an http(s) address.
 * @throws ImageError when the server cannot be reached, refuses, is too slow or sends too much.
 */
export async function fetchBytes(address: string, limits: FetchLimits): Promise<Uint8Array> {
  const { timeoutMs, maxBytes } = limits;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) {
      await response.body?.cancel();
      throw new ImageError(
        address,
        `the server answers ${`${response.status} ${response.statusText}`.trim()}.`,
      );
    }
    if (Number(response.headers.get('content-length') ?? 0) > maxBytes) {
      await response.body?.cancel();
      throw tooLarge(address, maxBytes);
    }
    return response.body ? await limitBytes(response.body, maxBytes, address) : new Uint8Array();
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const { name, message, cause } = error as Error;
    const reason =
      name === 'TimeoutError'
        ? `the server did not send it within ${timeoutMs / 1000} s.`
        : `it cannot be fetched (${cause instanceof Error ? cause.message : message}).`;
    throw new ImageError(address, reason, { cause: error });
  }
}
