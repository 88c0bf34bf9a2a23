import { request } from 'undici';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';

const timeoutMs = 10_000;

/** Label Studio's access tokens last five minutes. */
const keptMs = 4 * 60_000;

/** A personal access token is a JSON web token, and has to be changed for one to work with. */
const personal = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Signs in to Label Studio with an API key: a legacy token, or a personal access token. */
export class LabelStudioKey {
  readonly #url: string;
  readonly #key: string;
  #access: { header: string; until: number } | undefined;

  /** @param url Label Studio's own, without a slash at its end. */
  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** The Authorization header. @throws UserError when Label Studio does not take the key. */
  async header(): Promise<string> {
    if (!personal.test(this.#key)) return `Token ${this.#key}`;
    if (!this.#access || this.#access.until < Date.now()) {
      this.#access = { header: `Bearer ${await this.#refresh()}`, until: Date.now() + keptMs };
    }
    return this.#access.header;
  }

  async #refresh(): Promise<string> {
    try {
      const { statusCode, body } = await request(`${this.#url}/api/token/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh: this.#key }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (statusCode !== 200) {
        await body.dump();
        throw new Error(`it answers ${statusCode}`);
      }
      return z.object({ access: z.string() }).parse(await body.json()).access;
    } catch (error) {
      const { message } = error as Error;
      throw new UserError(`Label Studio does not take its personal access token: ${message}.`, {
        cause: error,
      });
    }
  }
}
