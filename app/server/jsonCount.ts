import { Refusal } from './errors.js';
import { defaultLimits, type Limits } from './limits.js';

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Counts what a JSON text consists of as its bytes come in, before anything is made of it: the time and memory that
 * parsing and checking take grow with the number of values, and a small text can hold millions.
 */
export class JsonCount {
  readonly #limits: Pick<Limits, 'jsonValues' | 'jsonFields' | 'jsonDepth'>;
  /** Of the objects and lists that are open: how many more fields they may have. */
  readonly #left: number[] = [];
  #values = 0;
  #inString = false;
  #escaped = false;

  constructor(limits: Pick<Limits, 'jsonValues' | 'jsonFields' | 'jsonDepth'> = defaultLimits) {
    this.#limits = limits;
  }

  /** @throws Refusal as soon as there is too much of something. */
  add(bytes: Uint8Array): void {
    for (let at = this.#inString ? this.#stringEnd(bytes, 0) : 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === quote) {
        this.#inString = true;
        at = this.#stringEnd(bytes, at + 1) - 1;
      } else if (byte === comma) this.#next();
      else if (byte === openBrace) this.#open(this.#limits.jsonFields);
      else if (byte === openBracket) this.#open(Infinity);
      else if (byte === closeBrace || byte === closeBracket) this.#left.pop();
    }
  }

  /** Where the string ends that is open at a place, behind its quote; or the bytes. */
  #stringEnd(bytes: Uint8Array, start: number): number {
    let at = start;
    let escaped = this.#escaped;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) break;
    }
    this.#escaped = escaped;
    this.#inString = at === bytes.length;
    return this.#inString ? at : at + 1;
  }

  #open(most: number): void {
    const { jsonDepth } = this.#limits;
    this.#count();
    this.#left.push(most);
    if (this.#left.length > jsonDepth) {
      throw new Refusal(413, `The JSON is nested more than ${jsonDepth} deep.`);
    }
  }

  #next(): void {
    this.#count();
    const last = this.#left.length - 1;
    // Of so many fields, one has no comma.
    if (last < 0 || --this.#left[last] > 0) return;
    throw new Refusal(
      413,
      `The JSON has an object of more than ${this.#limits.jsonFields} fields.`,
    );
  }

  #count(): void {
    const { jsonValues } = this.#limits;
    if (++this.#values <= jsonValues) return;
    throw new Refusal(413, `The JSON holds more than ${jsonValues} values.`);
  }
}
