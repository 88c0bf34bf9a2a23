import { UserError } from '../../src/errors.js';
import { GemmaTokenizer } from '../../src/text/gemmaTokenizer.js';

const pieces = ['<pad>', '<eos>', '<unk>', '▁', 'a', 'b', '▁a', 'ab', '\t', '<0xC3>', '<0xA9>'];
const json = {
  added_tokens: [{ id: 0, content: '<pad>' }],
  normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  pre_tokenizer: null,
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    merges: ['▁ a', 'a b'],
    unk_token: '<unk>',
    byte_fallback: true,
  },
};
const config = {
  added_tokens_decoder: { '20': { content: '▁▁' }, '21': { content: '▁▁▁' } },
  eos_token: { content: '<eos>' },
};
const encoded = (text: string) => new GemmaTokenizer(json, config, 'tokenizer.json').encode(text);
const ids = (...names: string[]) => names.map((name) => pieces.indexOf(name));

test.each<[string, string, number[]]>([
  ['spaces are kept as they are', ' a  b ', ids('▁a', '▁', '▁', 'b', '▁')],
  ['a merge goes before a later one', ' ab', ids('▁a', 'b')],
  ['characters without a piece become bytes', 'aé', ids('a', '<0xC3>', '<0xA9>')],
  ['one with a piece does not', '\t', ids('\t')],
  ['bytes without a piece are unknown, once', 'a\u00ffzz', ids('a', '<unk>')],
  ['added tokens of both files, the longest first', 'a▁▁▁▁<pad>b', [4, 21, 3, 0, 5]],
  ['nothing', '', []],
])('%s', (_, text, expected) => {
  expect(encoded(text)).toEqual(expected);
});

test('knows its end, its padding and its size', () => {
  const tokenizer = new GemmaTokenizer(json, config, 'tokenizer.json');
  expect(tokenizer).toMatchObject({ eosId: 1, padId: 0, vocabSize: 22 });
});

test.each<[string, object, object, RegExp]>([
  ['of another kind', { ...json, model: { type: 'WordPiece' } }, {}, /model\.type/],
  ['that cuts words', { ...json, pre_tokenizer: { type: 'ByteLevel' } }, {}, /pre_tokenizer/],
  ['with another normaliser', { ...json, normalizer: { type: 'NFC' } }, {}, /normalizer\.type/],
  [
    'with an added token that takes spaces along',
    { ...json, added_tokens: [{ id: 0, content: '<m>', lstrip: true }] },
    {},
    /added_tokens\[0\]\.lstrip: must be false/,
  ],
  ['without its end', json, { eos_token: '</s>' }, /it has no token "<\/s>"/],
  [
    'with merges of three',
    { ...json, model: { ...json.model, merges: [['a', 'b', 'c']] } },
    {},
    /merges/,
  ],
])('a tokenizer %s is refused', (_, wrong, settings, message) => {
  const open = () => new GemmaTokenizer(wrong, settings, 'x/tokenizer.json');
  expect(open).toThrow(UserError);
  expect(open).toThrow(message);
});
