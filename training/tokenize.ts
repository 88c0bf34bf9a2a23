import { parseJson } from '../src/files/jsonFile.js';
import { createTokenizer } from '../src/text/tokenizer.js';
import type { ModelFiles } from './initialModel.js';
import type { Tokenize } from './packing.js';

/** The tokenizer that a model brings. @throws UserError when its files are broken. */
export function openTokenize(model: ModelFiles): Tokenize {
  const json = (name: string): unknown => {
    const content = model.files[name];
    return content ? parseJson(content, name) : {};
  };
  const tokenizer = createTokenizer(
    json('tokenizer.json'),
    json('tokenizer_config.json'),
    'tokenizer.json',
  );
  const { eosId, padId } = model.config.text;
  return {
    encode: (text, maxLength) => tokenizer.encode([text], { maxLength })[0],
    eosId,
    padId,
  };
}
