import { parseJson } from '../../src/files/jsonFile.js';
import { createTokenizer } from '../../src/text/tokenizer.js';
import { trainBpe } from '../../src/text/trainTokenizer.js';
import { json } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

const special = (id: number, content: string) => ({
  ...{ id, content, special: true, normalized: false },
  ...{ single_word: false, lstrip: false, rstrip: false },
});

/** BERT's, as the model for photographs has it. */
const wordPiece = {
  version: '1.0',
  added_tokens: [
    special(0, '[PAD]'),
    special(1, '[UNK]'),
    special(2, '[CLS]'),
    special(3, '[SEP]'),
  ],
  normalizer: {
    ...{ type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true },
    ...{ strip_accents: null, lowercase: true },
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##' },
    max_input_chars_per_word: 100,
    vocab: { '[PAD]': 0, '[UNK]': 1, '[CLS]': 2, '[SEP]': 3, a: 4, red: 5, cat: 6, '##s': 7 },
  },
};

export const target: FuzzTarget = {
  async seeds() {
    const bpe = await trainBpe(['a red cat'], { vocabSize: 520 });
    return [json(wordPiece), json(bpe.tokenizer)];
  },
  read(input) {
    const file = 'tokenizer.json';
    const tokenizer = createTokenizer(parseJson(input, file), {}, file);
    tokenizer.encode(['A red cats’ ΣΑΣ', '', '\u0000 [SEP] \ud800'], { maxLength: 16 });
  },
};
