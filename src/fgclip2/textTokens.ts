import { join } from 'node:path';
import { UserError } from '../errors.js';
import { type GemmaTokenizer, loadGemmaTokenizer } from '../text/gemmaTokenizer.js';
import type { TextConfig } from './config.js';

/**
 * The tokens of a text as the text tower takes them: in lower case, ended, cut to `count`, and filled up to it. A text
 * that is too long loses its last tokens; the end stays last. Padding counts as tokens: without it features are others.
 */
export function textTokens(tokenizer: GemmaTokenizer, text: string, count: number): Int32Array {
  const ids = tokenizer.encode(text.toLowerCase()).slice(0, count - 1);
  const tokens = new Int32Array(count).fill(tokenizer.padId);
  tokens.set([...ids, tokenizer.eosId]);
  return tokens;
}

/** The tokenizer in a model's folder. @throws UserError for one of more tokens than the model has, or none. */
export function loadTextTokenizer(folder: string, { vocabSize }: TextConfig): GemmaTokenizer {
  const tokenizer = loadGemmaTokenizer(folder);
  if (tokenizer.vocabSize > vocabSize) {
    throw new UserError(
      `${join(folder, 'tokenizer.json')} has ${tokenizer.vocabSize} tokens, but the model has ${vocabSize}.`,
    );
  }
  return tokenizer;
}
