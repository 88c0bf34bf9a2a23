import { parseJson } from '../../src/files/jsonFile.js';
import { GemmaTokenizer } from '../../src/text/gemmaTokenizer.js';
import { json } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

const pieces = ['<pad>', '<eos>', '<unk>', '▁', 'a', 'c', 't', '▁a', 'ca', 'cat', '<0xC3>', '\n\n'];
const tokenizer = {
  added_tokens: [
    { id: 0, content: '<pad>', lstrip: false, rstrip: false, single_word: false },
    { id: 11, content: '\n\n' },
  ],
  normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  pre_tokenizer: null,
  model: {
    ...{ type: 'BPE', byte_fallback: true, unk_token: '<unk>' },
    vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    merges: ['c a', ['▁', 'a'], 'ca t'],
  },
};

export const target: FuzzTarget = {
  seeds: () => [json(tokenizer)],
  read(input) {
    const file = 'tokenizer.json';
    const read = new GemmaTokenizer(parseJson(input, file), {}, file);
    for (const text of ['a cat', '', '\n\n\n <pad>\u0000 é \ud800']) read.encode(text);
  },
};
