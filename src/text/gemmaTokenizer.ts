import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { checkJson, readJson } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import { modelBounds, shortText } from '../modelBounds.js';
import { mergePairs } from './bytePairs.js';
import { isVocabulary } from './tokenizer.js';

/** What a space becomes. */
const spaceMark = '▁';

// One that takes spaces around it along, or stands only as a word, is cut out otherwise.
const plain = z.literal(false, 'must be false').default(false);
const addedToken = z.object({
  content: shortText,
  lstrip: plain,
  rstrip: plain,
  single_word: plain,
});
const tokenId = z.int().nonnegative();
const named = z.union([z.string(), z.object({ content: z.string() }).transform((t) => t.content)]);

const tokenizerSchema = z.object({
  added_tokens: z.array(addedToken.extend({ id: tokenId })).max(modelBounds.nouns),
  normalizer: z.object({
    type: z.literal('Replace'),
    pattern: z.object({ String: z.literal(' ') }),
    content: z.literal(spaceMark),
  }),
  // Cuts at spaces, of which the normaliser leaves none.
  pre_tokenizer: z.object({ pattern: z.object({ String: z.literal(' ') }) }).nullish(),
  model: z.object({
    type: z.literal('BPE'),
    vocab: z.custom<Record<string, number>>(isVocabulary, 'must be an object of token ids'),
    merges: z.custom<readonly Merge[]>(areMerges, 'must be a list of pairs'),
    unk_token: z.string().nullish(),
    byte_fallback: z.literal(true, 'must be true'),
  }),
});

const configSchema = z.object({
  added_tokens_decoder: z
    .record(z.string().regex(/^\d+$/), addedToken)
    .refine((tokens) => Object.keys(tokens).length <= modelBounds.nouns)
    .default({}),
  eos_token: named.nullish().transform((token) => token ?? '<eos>'),
  pad_token: named.nullish().transform((token) => token ?? '<pad>'),
});

/** "left right", or both by themselves. */
type Merge = string | readonly [left: string, right: string];

function areMerges(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  return value.every((merge) =>
    Array.isArray(merge)
      ? merge.length === 2 && merge.every((symbol) => typeof symbol === 'string')
      : typeof merge === 'string' && merge.includes(' '),
  );
}

/**
 * A tokenizer of Gemma's kind: every space becomes "▁", and byte-pair encoding goes over the whole text, which is not
 * cut into words. A character without a piece is taken as its bytes. Added tokens are cut out before all that.
 */
export class GemmaTokenizer {
  readonly eosId: number;
  readonly padId: number;
  /** One more than the largest id. */
  readonly vocabSize: number;
  readonly #vocab: Readonly<Record<string, number>>;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #unknownId: number | undefined;
  readonly #added: AddedTokens;

  /**
   * @param json the content of tokenizer.json.
   * @param config the content of tokenizer_config.json. Added tokens of both count.
   * @param file names tokenizer.json in errors.
   * @throws UserError when the contents are not those of such a tokenizer.
   */
  constructor(json: unknown, config: unknown, file: string) {
    const { added_tokens, model } = checkJson(json, tokenizerSchema, file, "Gemma's tokenizer");
    const { added_tokens_decoder, eos_token, pad_token } = checkJson(
      config,
      configSchema,
      file.replace(/[^/\\]*$/, 'tokenizer_config.json'),
      'a tokenizer config',
    );
    const added = new Map([
      ...Object.entries(added_tokens_decoder).map(
        ([id, { content }]) => [content, Number(id)] as const,
      ),
      ...added_tokens.map(({ id, content }) => [content, id] as const),
    ]);
    const { vocab, merges, unk_token } = model;
    const idOf = (token: string) =>
      added.get(token) ?? (Object.hasOwn(vocab, token) ? vocab[token] : undefined);
    const required = (token: string) => {
      const id = idOf(token);
      if (id === undefined) throw new UserError(`${file}: it has no token "${token}".`);
      return id;
    };
    this.eosId = required(eos_token);
    this.padId = required(pad_token);
    this.#unknownId = unk_token == null ? undefined : idOf(unk_token);
    this.#vocab = vocab;
    this.#ranks = new Map(
      merges.map((merge, rank) => [typeof merge === 'string' ? merge : merge.join(' '), rank]),
    );
    this.#added = new AddedTokens(added);
    let largest = Math.max(...added.values());
    for (const piece in vocab) largest = Math.max(largest, vocab[piece]);
    this.vocabSize = largest + 1;
  }

  /** The ids of a text, with nothing around them. */
  encode(text: string): number[] {
    return this.#added
      .split(text)
      .flatMap((part) => (typeof part === 'string' ? this.#encodePart(part) : part));
  }

  #encodePart(text: string): number[] {
    const vocab = this.#vocab;
    const ids: number[] = [];
    for (const piece of mergePairs(this.#symbols(text), this.#rankOf)) {
      if (Object.hasOwn(vocab, piece)) ids.push(vocab[piece]);
      // Unknown symbols in a row are one.
      else if (this.#unknownId !== undefined && ids.at(-1) !== this.#unknownId)
        ids.push(this.#unknownId);
    }
    return ids;
  }

  #rankOf = (left: string, right: string) => this.#ranks.get(`${left} ${right}`);

  #symbols(text: string): string[] {
    const vocab = this.#vocab;
    return [...text.replaceAll(' ', spaceMark)].flatMap((character) => {
      if (Object.hasOwn(vocab, character)) return character;
      const bytes = Array.from(Buffer.from(character), (byte) => byteTokens[byte]);
      return bytes.every((byte) => Object.hasOwn(vocab, byte)) ? bytes : character;
    });
  }
}

const byteTokens = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

/** Texts that are tokens wherever they stand; of those at one place the longest. */
class AddedTokens {
  readonly #ids: ReadonlyMap<string, number>;
  /** Of the tokens that begin with a code unit, their lengths, the longest first. */
  readonly #lengths = new Map<string, number[]>();

  constructor(ids: ReadonlyMap<string, number>) {
    this.#ids = ids;
    for (const token of ids.keys()) {
      const known = this.#lengths.get(token[0]) ?? [];
      if (!known.includes(token.length)) known.push(token.length);
      this.#lengths.set(token[0], known);
    }
    for (const lengths of this.#lengths.values()) lengths.sort((a, b) => b - a);
  }

  /** The text cut at its tokens, their ids in their places. */
  split(text: string): (string | number)[] {
    const parts: (string | number)[] = [];
    let start = 0;
    for (let place = 0; place < text.length; ) {
      const token = this.#tokenAt(text, place);
      if (token === undefined) {
        place++;
        continue;
      }
      if (place > start) parts.push(text.slice(start, place));
      parts.push(this.#ids.get(token)!);
      place += token.length;
      start = place;
    }
    if (start < text.length) parts.push(text.slice(start));
    return parts;
  }

  #tokenAt(text: string, place: number): string | undefined {
    for (const length of this.#lengths.get(text[place]) ?? []) {
      const token = text.slice(place, place + length);
      if (this.#ids.has(token)) return token;
    }
    return undefined;
  }
}

/**
 * The tokenizer of a model folder: tokenizer.json, and the added tokens of tokenizer_config.json.
 * @throws UserError naming the file when it is missing or broken.
 */
export function loadGemmaTokenizer(folder: string): GemmaTokenizer {
  const [file, configFile] = ['tokenizer.json', 'tokenizer_config.json'].map((name) =>
    join(folder, name),
  );
  const config = existsSync(configFile) ? readJson(configFile, mostBytes.settings) : {};
  return new GemmaTokenizer(readJson(file, mostBytes.settings), config, file);
}
