/** What the server said no to. */
export class ApiError extends Error {
  override name = 'ApiError';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface ApiEvents {
  /** The server asks for a token. @returns undefined when the user gives none. */
  askToken(wasWrong: boolean): Promise<string | undefined>;
  /** The server is busy; the request is sent again after so many seconds. */
  waiting(seconds: number): void;
}

export interface Ask {
  method?: string;
  /** Sent as JSON unless it is a form. */
  body?: object;
  signal?: AbortSignal;
}

const tokenKey = 'fgdet token';
/** Seconds, where an overloaded server does not say. */
const usualWait = 2;
const longestWait = 60;

/** Requests to the server this page came from. Addresses are relative: it may lie below another path. */
export class Api {
  #events: ApiEvents;
  #asking: Promise<string | undefined> | undefined;

  constructor(events: ApiEvents) {
    this.#events = events;
  }

  /** The answer's JSON. @throws ApiError, or AbortError when `signal` says so. */
  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    return (await this.send(path, ask)).json() as Promise<T>;
  }

  /** The answer. Waits for an overloaded server, and asks for a token once where one is needed. */
  async send(path: string, { method = 'GET', body, signal }: Ask = {}): Promise<Response> {
    for (;;) {
      const token = sessionStorage.getItem(tokenKey);
      const isForm = body instanceof FormData;
      const response = await fetch(path, {
        method,
        signal,
        headers: {
          // Says that the page asks for the token, so that the browser need not.
          'x-requested-with': 'fgdet',
          ...(body && !isForm && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${asHeader(token)}` }),
        },
        body: isForm ? body : body && JSON.stringify(body),
      }).catch(explainFailure);
      if (response.ok) return response;
      if (response.status === 503) {
        const seconds = waitOf(response);
        this.#events.waiting(seconds);
        await sleep(seconds, signal);
      } else if (response.status !== 401 || !(await this.#getToken(token))) {
        throw new ApiError(response.status, await messageOf(response));
      }
    }
  }

  /** Requests that are refused at the same time share one question. */
  async #getToken(refused: string | null): Promise<boolean> {
    const stored = sessionStorage.getItem(tokenKey);
    if (stored && stored !== refused) return true;
    this.#asking ??= this.#events.askToken(refused !== null).finally(() => {
      this.#asking = undefined;
    });
    const token = await this.#asking;
    if (token) sessionStorage.setItem(tokenKey, token);
    return Boolean(token);
  }
}

function explainFailure(error: unknown): never {
  if (isAbort(error)) throw error;
  throw new ApiError(0, 'The server does not answer. Is fgdet serve still running?');
}

function waitOf(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? usualWait);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), longestWait) : usualWait;
}

async function messageOf(response: Response): Promise<string> {
  const said = (await response.json().catch(() => undefined)) as
    | { error?: { message?: string } }
    | undefined;
  return said?.error?.message ?? `The server answered ${response.status}.`;
}

function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException('Not wanted any more', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Whether a request was given up because its answer is not wanted any more. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** A text as a header can hold it: its bytes in UTF-8. */
function asHeader(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
