import { Tokenizer } from '@huggingface/tokenizers';
import type { ModelFiles } from './initialModel.js';
import type { Tokenize } from './packing.js';

/** The tokenizer among a model's files. Texts that are too long lose their last words, not their end. */
export function openTokenize(model: ModelFiles): Tokenize {
  const json = (name: string) => {
    const content = model.files[name];
    return content ? JSON.parse(Buffer.from(content).toString('utf8')) : {};
  };
  const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const { eosId, padId } = model.config.text;
  return {
    encode(text, limit) {
      const { ids } = tokenizer.encode(text);
      return ids.length <= limit ? ids : [...ids.slice(0, limit - 1), eosId];
    },
    eosId,
    padId,
  };
}
