import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { checkJson, readJson } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import { readTokenizerJson } from './slowTokenizer.js';
import { checkPatterns } from './tokenizerPatterns.js';

/** Turns texts into a model's token ids. */
export interface Tokenizer {
  readonly bosId: number;
  readonly eosId: number;
  readonly padId: number;
  /** One more than the largest id. */
  readonly vocabSize: number;
  /**
   * The ids of each text from begin to end of text. A text of more than `maxLength` ids loses its last
   * words; the end of text stays last.
   */
  encode(texts: readonly string[], options: { maxLength: number }): Int32Array[];
}

/** Milliseconds after which other work of the process has its turn. */
const turnMs = 10;

/** As a tokenizer's `encode`, but that other work goes on meanwhile: strange texts of a page can take long. */
export async function encodeInTurns(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: { maxLength: number },
): Promise<Int32Array[]> {
  const encoded: Int32Array[] = [];
  let start = performance.now();
  for (const text of texts) {
    encoded.push(...tokenizer.encode([text], options));
    if (performance.now() - start < turnMs) continue;
    await new Promise(setImmediate);
    start = performance.now();
  }
  return encoded;
}

const tokenSchema = z.object({ id: z.int().nonnegative(), content: z.string().min(1) });
const tokenizerSchema = z.looseObject({
  added_tokens: z.array(
    z.looseObject({ ...tokenSchema.shape, normalized: z.boolean().default(false) }),
  ),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  decoder: z.unknown(),
  model: z.looseObject({
    type: z.string(),
    vocab: z.custom<Record<string, number>>(isVocabulary, 'must be an object of token ids'),
  }),
});
const named = z.union([z.string(), z.object({ content: z.string() }).transform((t) => t.content)]);
const configSchema = z.looseObject({ pad_token: named.nullish() });

/** Checks that a value is an object of token ids: zod's own check of a record takes a tenth of a second. */
export function isVocabulary(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const token in value) {
    const id = (value as Record<string, unknown>)[token];
    if (!Number.isInteger(id) || (id as number) < 0) return false;
  }
  return true;
}

type TokenizerJson = z.infer<typeof tokenizerSchema>;

/**
 * The tokenizer of a model folder: tokenizer.json (or vocab.json and merges.txt), and the padding token of tokenizer_config.json (the
 * end of text where that file or the token is missing).
 * @throws UserError naming the file when it is missing or broken.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const file = join(folder, 'tokenizer.json');
  const configFile = join(folder, 'tokenizer_config.json');
  const config = existsSync(configFile) ? readJson(configFile, mostBytes.settings) : {};
  return createTokenizer(readTokenizerJson(folder), config, file);
}

/**
 * A tokenizer from the contents of tokenizer.json and tokenizer_config.json. It gives the ids of the
 * native Hugging Face library, which the JavaScript one misses in two places that are mended here: a
 * capital sigma at the end of a word becomes a plain small sigma, and a special token that counts only as
 * it is spelt is ordinary text when it is spelt in capitals.
 * @param file names tokenizer.json in errors.
 * @throws UserError when the contents are not those of a tokenizer.
 */
export function createTokenizer(json: unknown, config: unknown, file: string): Tokenizer {
  const parsed = checkJson(json, tokenizerSchema, file, 'a tokenizer');
  const { pad_token } = checkJson(
    config,
    configSchema,
    file.replace(/[^/\\]*$/, 'tokenizer_config.json'),
    'a tokenizer config',
  );
  checkPatterns(parsed, file);
  const verbatim = parsed.added_tokens.filter((token) => !token.normalized);
  const library = openLibrary(parsed, file);
  const [bosId, eosId] = frameOf(parsed, file);
  const { vocab } = parsed.model;
  const idOf = (token: string): number | undefined =>
    parsed.added_tokens.findLast(({ content }) => content === token)?.id ??
    (Object.hasOwn(vocab, token) ? vocab[token] : undefined);
  const padId = pad_token == null ? eosId : idOf(pad_token);
  if (padId === undefined) throw new UserError(`${file}: it has no padding token "${pad_token}".`);

  function encodeOne(text: string, maxLength: number): Int32Array {
    const words = splitAt(text, verbatim).flatMap((part) =>
      typeof part === 'string' ? library.encode(part, { add_special_tokens: false }).ids : part.id,
    );
    return Int32Array.of(bosId, ...words.slice(0, maxLength - 2), eosId);
  }

  return {
    bosId,
    eosId,
    padId,
    vocabSize: largestId(parsed) + 1,
    encode(texts, { maxLength }) {
      if (!(maxLength >= 2)) {
        throw new RangeError(`Texts cannot be cut to ${maxLength}: begin and end take two ids.`);
      }
      return texts.map((text) => encodeOne(text, maxLength));
    },
  };
}

function largestId({ model: { vocab }, added_tokens }: TokenizerJson): number {
  let largest = 0;
  for (const token in vocab) largest = Math.max(largest, vocab[token]);
  for (const { id } of added_tokens) largest = Math.max(largest, id);
  return largest;
}

/**
 * The library without the special tokens that are not normalised: it would find them in the normalised
 * text too.
 */
function openLibrary(json: TokenizerJson, file: string): LibraryTokenizer {
  const added = json.added_tokens.filter((token) => token.normalized);
  const normalizer = withPlainSigma(json.normalizer);
  return open({ ...json, added_tokens: added, normalizer }, file);
}

function open(json: object, file: string): LibraryTokenizer {
  try {
    return new LibraryTokenizer(json, {});
  } catch (error) {
    throw new UserError(
      `${file} is not a tokenizer that can be used (${(error as Error).message}).`,
    );
  }
}

/** The ids that the post-processor puts around a text. Its tokens alone are enough to ask it. */
function frameOf(json: TokenizerJson, file: string): [number, number] {
  const vocab = Object.fromEntries(json.added_tokens.map(({ content, id }) => [content, id]));
  const frame = open({ ...json, model: { ...json.model, vocab, merges: [] } }, file).encode('').ids;
  if (frame.length !== 2) {
    throw new UserError(
      `${file}: post_processor: it must put one token before a text and one after it, as CLIP's does; ` +
        `it puts ${frame.length} around it.`,
    );
  }
  return [frame[0], frame[1]];
}

/**
 * A normaliser that lower-cases character by character. The capital sigma is the one character whose
 * lower case depends, in JavaScript, on what stands around it.
 */
function withPlainSigma(normalizer: unknown): unknown {
  if (typeof normalizer !== 'object' || normalizer === null || !('type' in normalizer)) {
    return normalizer;
  }
  if (lowerCases(normalizer)) {
    const plainSigma = { type: 'Replace', pattern: { String: 'Σ' }, content: 'σ' };
    return { type: 'Sequence', normalizers: [plainSigma, normalizer] };
  }
  if ('normalizers' in normalizer && Array.isArray(normalizer.normalizers)) {
    return { ...normalizer, normalizers: normalizer.normalizers.map(withPlainSigma) };
  }
  return normalizer;
}

function lowerCases(normalizer: { type: unknown; lowercase?: unknown }): boolean {
  return (
    normalizer.type === 'Lowercase' ||
    (normalizer.type === 'BertNormalizer' && normalizer.lowercase === true)
  );
}

/** The text cut at every occurrence of one of the tokens, the tokens in their places. */
function splitAt<T extends { content: string }>(
  text: string,
  tokens: readonly T[],
): (string | T)[] {
  return tokens.reduce<(string | T)[]>(
    (parts, token) =>
      parts.flatMap((part) =>
        typeof part === 'string'
          ? part.split(token.content).flatMap((piece, i) => (i === 0 ? [piece] : [token, piece]))
          : [part],
      ),
    [text],
  );
}
