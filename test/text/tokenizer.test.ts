import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { createTokenizer, loadTokenizer } from '../../src/text/tokenizer.js';
import { trainBpe } from '../../src/text/trainTokenizer.js';

const sentences = [
  'A red fire engine beside two small dogs.',
  'A striped umbrella, a green apple and a dog.',
  "The dog's ball lies left of the fire engine; the engine is red.",
  'Ein grünes Café',
];
const trained = await trainBpe(sentences, { vocabSize: 1000 });
const tokenizer = createTokenizer(trained.tokenizer, trained.config, 'tokenizer.json');
const tokensById = new Map(
  Object.entries(trained.tokenizer.model.vocab).map(([token, id]) => [id, token]),
);

function tokens(text: string, maxLength = Infinity): (string | undefined)[] {
  return [...tokenizer.encode([text], { maxLength })[0]].map((id) => tokensById.get(id));
}

/** What the tokens spell, without begin and end, as bytes. */
function spelt(text: string): string {
  const symbols = tokens(text).slice(1, -1).join('').replaceAll('</w>', '');
  const byteOf = new Map(
    Array.from({ length: 256 }, (_, id) => [tokensById.get(id) as string, id]),
  );
  const bytes = [...visibleBytes(), ...invisibleBytes()];
  return Buffer.from(Array.from(symbols, (symbol) => bytes[byteOf.get(symbol) ?? -1])).toString();
}
const bytes = Array.from({ length: 256 }, (_, byte) => byte);
const isVisible = (byte: number) => /[!-~¡-¬®-ÿ]/.test(String.fromCharCode(byte));
const visibleBytes = () => bytes.filter(isVisible);
const invisibleBytes = () => bytes.filter((byte) => !isVisible(byte));

describe('a trained vocabulary', () => {
  test('has CLIP’s layout', () => {
    const { vocab, merges } = trained.tokenizer.model;
    const size = Object.keys(vocab).length;
    expect(vocab).toMatchObject({ '!': 0, Ā: 188, '!</w>': 256, 'Ń</w>': 511 });
    expect(size).toBe(512 + merges.length + 2);
    expect([vocab['<|startoftext|>'], vocab['<|endoftext|>']]).toEqual([size - 2, size - 1]);
    expect(tokenizer).toMatchObject({
      bosId: size - 2,
      eosId: size - 1,
      padId: size - 1,
      vocabSize: size,
    });
  });

  test('has every word of the sentences as one token', () => {
    expect(tokens('The DOG’s umbrella')).toContain('umbrella</w>');
    for (const word of sentences
      .join(' ')
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []) {
      expect(tokenizer.encode([word], { maxLength: 77 })[0]).toHaveLength(3);
    }
  });

  test('is the same for the same sentences', async () => {
    expect(JSON.stringify(await trainBpe(sentences, { vocabSize: 1000 }))).toBe(
      JSON.stringify(trained),
    );
  });

  test('keeps to its size, the most frequent pairs first', async () => {
    const small = await trainBpe(sentences, { vocabSize: 520 });
    expect(Object.keys(small.tokenizer.model.vocab)).toHaveLength(520);
    expect(small.tokenizer.model.merges).toEqual(trained.tokenizer.model.merges.slice(0, 6));
    await expect(trainBpe(sentences, { vocabSize: 500 })).rejects.toThrow(UserError);
  });

  test.each(['zebra', '猫 and 🐱', 'Ünïcödé 42%', '   spaced   out   ', 'tab\there'])(
    'spells unknown text in bytes: %s',
    (text) => {
      expect(spelt(text)).toBe(text.toLowerCase().replace(/\s+/g, ''));
    },
  );
});

describe('encoding', () => {
  test('long texts lose their last words, not their end', () => {
    expect(tokens('a red dog and a red ball', 5)).toEqual([
      '<|startoftext|>',
      'a</w>',
      'red</w>',
      'dog</w>',
      '<|endoftext|>',
    ]);
    expect(tokens('')).toEqual(['<|startoftext|>', '<|endoftext|>']);
    expect(() => tokenizer.encode(['a'], { maxLength: 1 })).toThrow(RangeError);
  });

  test('a sigma at the end of a word is a plain one', () => {
    expect(tokens('ΣΑΣ')).toEqual(tokens('σασ'));
    expect(tokens('σας')).not.toEqual(tokens('σασ'));
  });

  test('so it is in BERT’s vocabularies', () => {
    const vocab = { '[CLS]': 0, '[SEP]': 1, '[UNK]': 2, σ: 3, '##α': 4, '##σ': 5, '##ς': 6 };
    const special = (content: string, id: number) => ({ id, content, special: true });
    const bert = {
      added_tokens: [special('[CLS]', 0), special('[SEP]', 1), special('[UNK]', 2)],
      normalizer: { type: 'BertNormalizer', clean_text: true, lowercase: true },
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
          '[CLS]': { id: '[CLS]', ids: [0], tokens: ['[CLS]'] },
          '[SEP]': { id: '[SEP]', ids: [1], tokens: ['[SEP]'] },
        },
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab,
      },
    };
    const words = createTokenizer(bert, {}, 'tokenizer.json');
    const [capitals, small] = words.encode(['ΣΑΣ', 'σας'], { maxLength: 8 });
    expect([[...capitals], [...small]]).toEqual([
      [0, 3, 4, 5, 1],
      [0, 3, 4, 6, 1],
    ]);
  });

  test('special tokens are recognised as the native library does', () => {
    const { bosId, eosId } = tokenizer;
    const [ids] = tokenizer.encode(['<|StartOfText|>a<|endoftext|>'], { maxLength: 77 });
    expect([...ids]).toEqual([bosId, bosId, expect.any(Number), eosId, eosId]);
    expect(spelt('<|ENDOFTEXT|>')).toBe('<|endoftext|>');
  });
});

describe('a model folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fgdet-tokenizer-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function load(tokenizerText: string, configText?: string) {
    await writeFile(join(folder, 'tokenizer.json'), tokenizerText);
    await rm(join(folder, 'tokenizer_config.json'), { force: true });
    if (configText) await writeFile(join(folder, 'tokenizer_config.json'), configText);
    return loadTokenizer(folder);
  }

  test('is read with and without tokenizer_config.json', async () => {
    const text = JSON.stringify(trained.tokenizer);
    const ids = tokenizer.encode(['a red dog'], { maxLength: 77 });
    expect((await load(text)).encode(['a red dog'], { maxLength: 77 })).toEqual(ids);
    expect((await load(text, '{"pad_token": {"content": "!"}}')).padId).toBe(0);
  });

  test('without tokenizer.json', async () => {
    await rm(join(folder, 'tokenizer.json'), { force: true });
    await expect(loadTokenizer(folder)).rejects.toThrow(
      /has no tokenizer: neither tokenizer\.json nor, in its place, vocab\.json and merges\.txt/,
    );
  });

  test.each([
    ['{"model": ', undefined, /tokenizer\.json is not valid JSON/],
    ['[]', undefined, /tokenizer\.json is not a tokenizer: /],
    [JSON.stringify({ ...trained.tokenizer, model: { type: 'BPE' } }), undefined, /model\.vocab: /],
    [
      JSON.stringify({ ...trained.tokenizer, post_processor: null }),
      undefined,
      /post_processor: it must put one token before/,
    ],
    [
      JSON.stringify({ ...trained.tokenizer, normalizer: { type: 'Nonsense' } }),
      undefined,
      /not a tokenizer that can be used \(.*Nonsense/,
    ],
    [JSON.stringify(trained.tokenizer), '{"pad_token": "[PAD]"}', /no padding token "\[PAD\]"/],
    [
      JSON.stringify(trained.tokenizer),
      '{"pad_token": 3}',
      /tokenizer_config\.json is not a tokenizer config: pad_token: /,
    ],
  ])('broken: %.40s', async (text, config, message) => {
    const error = load(text, config);
    await expect(error).rejects.toThrow(UserError);
    await expect(error).rejects.toThrow(message);
  });
});
