import { CheckpointError } from './checkpointError.js';

/** Milliseconds without a byte after which nothing more is waited for. */
export const stallMs = 15_000;

/** What a hub may say of a model, in all its answers together. */
const most = { bytes: 32 * 2 ** 20, answers: 100, milliseconds: 120_000 };

/** An answer, and its body as it comes. */
export interface Answer {
  response: Response;
  body: AsyncGenerator<Uint8Array, void>;
}

/**
 * Asks a server that may never answer.
 * @returns an answer whose body ends with what `fetch` throws without a connection where nothing comes for some time
 * @throws the same where there is no answer in that time; what `fetch` throws
 */
export async function fetchOrStall(
  url: Parameters<typeof fetch>[0],
  init: RequestInit = {},
  stall: number = stallMs,
): Promise<Answer> {
  const controller = new AbortController();
  const reason = new Error(`nothing came for ${stall / 1000} s`);
  const timer = setTimeout(
    () => controller.abort(new TypeError('fetch failed', { cause: reason })),
    stall,
  );
  try {
    const response = await fetch(url, { ...init, signal: controller.signal });
    return { response, body: bodyOf(response) };
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }

  async function* bodyOf({ body }: Response): Answer['body'] {
    try {
      for await (const chunk of body ?? []) {
        timer.refresh();
        yield chunk;
      }
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  }
}

/** The first bytes of an answer's body as a text; the rest is not read. */
export async function beginningOf(body: Answer['body'], bytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes).toString();
}

/**
 * A `fetch` for what a hub says of one model: short texts, a few pages.
 * @param hubUrl where the hub is; a page that it says is elsewhere is not asked for, as the access token would go there.
 * @returns a function that throws CheckpointError for such a page, and where the hub says more than can be wanted
 */
export function boundedFetch(hubUrl: string, stall?: number): typeof fetch {
  const begun = Date.now();
  let [bytes, answers] = [0, 0];
  return async (url, init) => {
    const check = (what: string, value: number, limit: number) => {
      if (value <= limit) return;
      throw new CheckpointError(
        `${url} says more than there is to say of a model (over ${limit} ${what}), so it is not listened to any more.`,
      );
    };
    if (new URL(String(url)).origin !== new URL(hubUrl).origin) {
      throw new CheckpointError(`${hubUrl} sends elsewhere, to ${url}, which is not asked.`);
    }
    check('answers', ++answers, most.answers);
    const { response, body } = await fetchOrStall(url, init, stall);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      check('bytes', bytes, most.bytes);
      check('milliseconds', Date.now() - begun, most.milliseconds);
    }
    const { status, statusText, headers } = response;
    const hasBody = status !== 204 && status !== 304;
    return new Response(hasBody ? Buffer.concat(chunks) : null, { status, statusText, headers });
  };
}
