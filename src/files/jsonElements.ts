import { UserError } from '../errors.js';
import { parseJsonText } from './jsonText.js';
import { encodingOf, textDecoder } from './textFile.js';

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

const byteOrderMark = [0xef, 0xbb, 0xbf];

/** Keys are told from others by no more than this. */
const mostKeyBytes = 100;

/** A single element may be this large; one that goes on is taken for a missing bracket. */
const mostElementBytes = 1 << 28;

/** What is given the elements of an array, in the order of the file. @param field '' for a file's own array. */
export type TakeElement = (field: string, index: number, value: unknown) => void;

/**
 * Parses the elements of long JSON arrays as their bytes come in, so that a file may be larger than a string
 * can be (512 MB): either those of the array that a file is, or those of arrays in the object that it is.
 * The bytes are only cut between elements, and then parsed, many at a time; so is, at the end,
 * all that is around them.
 */
export class JsonElements {
  readonly #file: string;
  readonly #fields: ReadonlySet<string> | undefined;
  readonly #take: TakeElement;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** The arrays that were met, by field. */
  readonly arrays = new Set<string>();
  /** Bytes of elements that are not parsed yet, and those outside elements. */
  readonly #rest = new Bytes();
  readonly #outside = new Bytes();
  #depth = 0;
  #inString = false;
  #escaped = false;
  #begun = false;
  /** Makes UTF-8 of a file that is in another encoding, and null of one that is not. */
  #recode: ((chunk: Uint8Array) => Uint8Array) | null | undefined;
  #ended = false;
  /** The last key at depth 1 of an object, and the bytes of a string there that may become the next. */
  #key = '';
  #keyBytes: number[] | undefined;
  /** The field whose array is being read, and how many of its elements are parsed. */
  #field: string | undefined;
  #count = 0;

  /**
   * @param file for messages.
   * @param fields those of the file's object whose arrays are wanted; undefined: the file is an array.
   */
  constructor(file: string, fields: readonly string[] | undefined, take: TakeElement) {
    this.#file = file;
    this.#fields = fields && new Set(fields);
    this.#take = take;
  }

  /** How many elements of the present array are parsed. */
  get count(): number {
    return this.#count;
  }

  /** @throws UserError naming the file, and the element that is not JSON; what `take` throws. */
  write(bytes: Uint8Array): void {
    if (this.#recode === undefined && bytes.length > 0) {
      this.#recode = recoding(bytes, this.#file);
    }
    this.#scan(this.#recode?.(bytes) ?? bytes);
  }

  #scan(chunk: Uint8Array): void {
    // Where what is not dealt with begins: of elements that began in the bytes before, or outside them.
    let start = 0;
    let cut = -1;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
        if (this.#inString && this.#keyBytes && this.#keyBytes.length < mostKeyBytes) {
          this.#keyBytes.push(byte);
        }
        continue;
      }
      if (byte <= 0x20) continue;
      if (!this.#begun) {
        if (byteOrderMark.includes(byte)) continue;
        this.#begin(byte);
        this.#outside.add(chunk.subarray(i, i + 1));
        start = i + 1;
        continue;
      }
      switch (byte) {
        case quote:
          this.#inString = true;
          if (this.#depth === 1 && this.#fields) this.#keyBytes = [];
          break;
        case colon:
          if (this.#keyBytes) {
            this.#key = Buffer.from(this.#keyBytes).toString();
            this.#keyBytes = undefined;
          }
          break;
        case openBracket:
        case openBrace:
          if (this.#isWanted(byte)) {
            this.#keepOutside(chunk.subarray(start, i + 1));
            this.#enter(this.#key);
            start = i + 1;
          }
          this.#depth++;
          break;
        case closeBracket:
        case closeBrace:
          this.#depth--;
          if (this.#field !== undefined && this.#depth === this.#elementDepth - 1) {
            this.#parse(chunk.subarray(start, i), true);
            this.#field = undefined;
            start = i;
            cut = -1;
          }
          if (this.#depth === 0) this.#ended = true;
          break;
        case comma:
          if (this.#field !== undefined && this.#depth === this.#elementDepth) cut = i;
          break;
      }
    }
    if (!this.#begun) return;
    if (this.#field === undefined) {
      this.#keepOutside(chunk.subarray(start));
      return;
    }
    if (cut >= 0) {
      this.#parse(chunk.subarray(start, cut), false);
      start = cut + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  /**
   * @returns the JSON around the elements: the array or object, whose arrays are empty.
   * @throws UserError when the file has not ended.
   */
  end(): unknown {
    if (!this.#begun) throw new UserError(`${this.#file} is empty; it should hold ${this.#kind}.`);
    if (this.#ended) return this.#parseOutside();
    const whole = this.#fields ? '' : ` (${this.#count} whole elements)`;
    throw new UserError(`${this.#file} is cut off: its JSON does not end${whole}.`);
  }

  get #kind(): string {
    return this.#fields ? 'a JSON object' : 'a JSON array';
  }

  get #elementDepth(): number {
    return this.#fields ? 2 : 1;
  }

  #begin(byte: number): void {
    if (byte !== (this.#fields ? openBrace : openBracket)) {
      const found = JSON.stringify(String.fromCharCode(byte));
      throw new UserError(`${this.#file} is not ${this.#kind}: it starts with ${found}.`);
    }
    this.#begun = true;
    this.#depth = 1;
    if (!this.#fields) this.#enter('');
  }

  #enter(field: string): void {
    if (this.arrays.has(field)) throw new UserError(`${this.#file} has two lists of ${field}.`);
    this.arrays.add(field);
    this.#field = field;
    this.#count = 0;
  }

  /** Whether a bracket opens an array whose elements are wanted. */
  #isWanted(byte: number): boolean {
    if (!this.#fields || this.#depth !== 1 || !this.#fields.has(this.#key)) return false;
    if (byte === openBracket) return true;
    throw new UserError(`${this.#file}: ${this.#key} is not a list.`);
  }

  #keep(bytes: Uint8Array): void {
    this.#rest.add(bytes);
    if (this.#rest.length <= mostElementBytes) return;
    const place = this.#place(this.#count);
    throw this.#invalid(`${place} does not end within ${mostElementBytes} bytes`);
  }

  #keepOutside(bytes: Uint8Array): void {
    this.#outside.add(bytes);
    if (this.#outside.length > mostElementBytes) {
      throw new UserError(`${this.#file} holds ${mostElementBytes} bytes beside its lists.`);
    }
  }

  #parseOutside(): unknown {
    const text = this.#textOf(this.#outside.take(), 'what is around its lists');
    try {
      return parseJsonText(text);
    } catch (error) {
      throw this.#invalid((error as Error).message);
    }
  }

  /** @param last whether the array ends here. */
  #parse(bytes: Uint8Array, last: boolean): void {
    this.#keep(bytes);
    const text = this.#textOf(this.#rest.take(), `${this.#place(this.#count)} or one after it`);
    if (last && this.#count === 0 && text.trim() === '') return;
    let values: unknown[];
    try {
      values = parseJsonText(`[${text}]`) as unknown[];
    } catch (error) {
      throw this.#invalid(this.#firstInvalid(text) ?? (error as Error).message);
    }
    if (values.length === 0) throw this.#invalid(`${this.#place(this.#count)} is missing`);
    for (const value of values) this.#take(this.#field!, this.#count++, value);
  }

  /** Which of several elements is not JSON, and why. */
  #firstInvalid(text: string): string | undefined {
    let depth = 0;
    let inString = false;
    let start = 0;
    let index = this.#count;
    for (let i = 0; i <= text.length; i++) {
      const character = text[i];
      if (inString) {
        if (character === '\\') i++;
        else if (character === '"') inString = false;
      } else if (character === '"') inString = true;
      else if (character === '[' || character === '{') depth++;
      else if (character === ']' || character === '}') depth--;
      if (i < text.length && !(character === ',' && depth === 0 && !inString)) continue;
      try {
        parseJsonText(text.slice(start, i));
      } catch (error) {
        const number = /\b-?(NaN|Infinity)\b/.exec(text.slice(start, i))?.[1];
        const reason = number ? `${number} is no JSON number` : (error as Error).message;
        return `${this.#place(index)}: ${reason}`;
      }
      start = i + 1;
      index++;
    }
    return undefined;
  }

  #place(index: number): string {
    return this.#field ? `${this.#field}[${index}]` : `element ${index}`;
  }

  #textOf(bytes: Uint8Array, what: string): string {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw this.#invalid(`${what} is not UTF-8`);
    }
  }

  #invalid(reason: string): UserError {
    return new UserError(`${this.#file} is not valid JSON: ${reason}.`);
  }
}

/** What makes UTF-8 of a file's chunks, by its first bytes; null where they are. */
function recoding(start: Uint8Array, file: string) {
  if (encodingOf(start) === 'UTF-8') return null;
  const decode = textDecoder(start, file);
  return (chunk: Uint8Array) => Buffer.from(decode(chunk, { stream: true }));
}

/** Bytes that come in pieces. */
class Bytes {
  #pieces: Uint8Array[] = [];
  length = 0;

  /** @param piece is copied: readers use their memory again. */
  add(piece: Uint8Array): void {
    this.#pieces.push(Uint8Array.from(piece));
    this.length += piece.length;
  }

  /** All of them, which are then no longer kept. */
  take(): Uint8Array {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.length = 0;
    return all;
  }
}
