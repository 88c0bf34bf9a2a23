import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { ImageError } from '../../src/images/imageError.js';
import { limitBytes, tooLarge } from '../../src/images/limitBytes.js';
import { Refusal } from './errors.js';
import { isPublicAddress, literalAddress } from './publicAddress.js';

export interface SafeFetchOptions {
  /** For everything, redirects included. */
  timeoutMs: number;
  maxBytes: number;
  /** Whether addresses of private networks are fetched from. */
  allowPrivate?: boolean;
  /** Origins that are fetched from wherever they are. */
  allowedOrigins?: readonly string[];
  /** What finds a name's addresses. Default: the system. */
  lookup?: (name: string) => Promise<LookupAddress[]>;
}

export interface FetchOptions {
  signal?: AbortSignal;
  /** Sent to the address's own origin only. */
  headers?: Record<string, string>;
  /** Told how many bytes will come, at the most, before they do; may throw. */
  hold?(bytes: number): unknown;
}

const mostRedirects = 5;

/** As browsers ask for pictures: some servers, Label Studio among them, refuse who takes nothing but pictures. */
const accept = 'image/*,*/*;q=0.8';

/** The code of errors that say that a name leads to where nothing is fetched from. */
const privateAddress = 'FGDET_PRIVATE_ADDRESS';

/**
 * Fetches files for people who may not reach what this machine can: only over http(s), and only from public
 * addresses. A name's addresses are checked as the connection is made, so that they cannot change between.
 */
export class SafeFetch {
  readonly #options: SafeFetchOptions;
  /** For public addresses alone, and for any. */
  readonly #guarded: Agent;
  readonly #open = new Agent({ connections: 16 });

  constructor(options: SafeFetchOptions) {
    this.#options = options;
    this.#guarded = new Agent({
      connections: 16,
      connect: { lookup: guardedLookup(options.lookup) },
    });
  }

  /**
   * The file at an address.
   * @throws Refusal for an address that is not fetched from; ImageError where the file does not come.
   */
  async fetch(address: string, { signal, headers, hold }: FetchOptions = {}): Promise<Uint8Array> {
    const { timeoutMs, maxBytes } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const ends = signal ? AbortSignal.any([timeout, signal]) : timeout;
    try {
      const { body, headers: told } = await this.#follow(new URL(address), headers, ends);
      try {
        const length = Number(told['content-length'] ?? maxBytes);
        if (length > maxBytes) throw tooLarge(address, maxBytes);
        hold?.(Number.isNaN(length) ? maxBytes : length);
        return await limitBytes(body, maxBytes, address);
      } finally {
        // What is left of an answer that is not wanted would keep its connection.
        if (!body.readableEnded) body.on('error', () => {}).destroy();
      }
    } catch (error) {
      throw this.#readable(error, address, timeout);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#guarded.destroy(), this.#open.destroy()]);
  }

  async #follow(
    start: URL,
    headers: Record<string, string> | undefined,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    let url = start;
    for (let redirects = 0; ; redirects++) {
      const dispatcher = this.#dispatcherFor(url);
      const own = url.origin === start.origin ? headers : undefined;
      const answer = await request(url, {
        dispatcher,
        signal,
        headers: { accept, ...own },
      });
      const { statusCode, body } = answer;
      if (statusCode === 200) return answer;
      body.on('error', () => {}).destroy();
      const to = answer.headers.location;
      if (statusCode < 300 || statusCode >= 400 || typeof to !== 'string') {
        throw new ImageError(start.href, `the server answers ${statusCode}.`);
      }
      if (redirects === mostRedirects)
        throw new ImageError(start.href, 'it is redirected too often.');
      if (!URL.canParse(to, url)) throw new ImageError(start.href, 'it is redirected to nowhere.');
      url = new URL(to, url);
    }
  }

  /** @throws Refusal for an address that is not fetched from, as far as it says so itself. */
  #dispatcherFor({ protocol, hostname, origin, username, password }: URL): Agent {
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw new Refusal(403, `Pictures are fetched over http and https only, not ${protocol}`);
    }
    if (username !== '' || password !== '') {
      throw new Refusal(403, 'Addresses with a name or a password in them are not fetched from.');
    }
    const { allowPrivate, allowedOrigins = [] } = this.#options;
    if (allowPrivate || allowedOrigins.includes(origin)) return this.#open;
    // A connection to an IP address looks nothing up.
    const literal = literalAddress(hostname);
    if (literal !== undefined && !isPublicAddress(literal)) throw notPublic(hostname);
    return this.#guarded;
  }

  #readable(error: unknown, address: string, timeout: AbortSignal): unknown {
    if (error instanceof Refusal || error instanceof ImageError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === privateAddress) return notPublic(new URL(address).hostname);
    const reason = timeout.aborted
      ? `the server did not send it within ${this.#options.timeoutMs / 1000} s.`
      : `it cannot be fetched (${code ?? message}).`;
    return new ImageError(address, reason, { cause: error });
  }
}

function notPublic(host: string): Refusal {
  return new Refusal(403, `${host} is no public address; pictures are not fetched from there.`);
}

/** A look-up for sockets that fails where a name has an address that is not public. */
function guardedLookup(lookup = lookUpAll): LookupFunction {
  return (name, { all }, callback) => {
    lookup(name).then(
      (found) => {
        if (found.length === 0 || !found.every(({ address }) => isPublicAddress(address))) {
          const error = Object.assign(new Error(`${name} is private`), { code: privateAddress });
          callback(error, '');
        } else if (all) callback(null, found);
        else callback(null, found[0].address, found[0].family);
      },
      (error) => callback(error, ''),
    );
  };
}

function lookUpAll(name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(name, { all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });
}
