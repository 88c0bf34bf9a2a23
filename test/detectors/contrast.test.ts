import { ContrastVocabulary } from '../../detectors/contrast.js';
import { parsePrompt } from '../../detectors/prompts.js';
import { parseDetectorSettings } from '../../detectors/settings.js';

const vocabulary = new ContrastVocabulary({
  kinds: {
    'animal|creature': ['dog', 'cat', 'bear', 'bird'],
    bird: ['duck'],
    vehicle: ['car', 'fire engine'],
    toy: ['teddy bear'],
  },
  nouns: ['sofa', 'orange'],
  attributes: [
    ['red', 'grey|gray', 'orange'],
    ['striped', 'plain'],
  ],
});
const leftOut = (prompt: string) =>
  [...vocabulary.leftOut(parsePrompt(prompt))].map((index) => vocabulary.nouns[index]).sort();

describe('nouns that a prompt does not face', () => {
  test.each([
    ['cat', ['cat']],
    ['two grey Cats', ['cat']],
    ['a cat on a sofa', ['cat']],
    ['animal', ['bear', 'bird', 'cat', 'dog', 'duck']],
    ['white creatures', ['bear', 'bird', 'cat', 'dog', 'duck']],
    ['duck', ['bird', 'duck']],
    ['teddy bear', ['teddy bear']],
    ['engine', ['fire engine']],
    ['cat outlined in blue', ['cat']],
    ['dog|cat', ['cat', 'dog']],
    ['wombat', []],
  ])('%s', (prompt, expected) => expect(leftOut(prompt)).toEqual(expected));
});

test('a text of very many words has few counterparts, and takes no time to look through', () => {
  const long = `a cat and ${'red ball '.repeat(20_000)}`;
  const start = performance.now();
  expect(leftOut(long)).toEqual(['cat']);
  expect(vocabulary.counterparts(parsePrompt(long))).toHaveLength(16);
  expect(performance.now() - start).toBeLessThan(3000);
});

describe('attribute counterparts', () => {
  test.each([
    ['an orange cat', ['a red cat', 'a grey cat']],
    ['a gray dog', ['a red dog', 'an orange dog']],
    ['an orange', []],
    ['plain cat|red kitten', ['striped cat', 'grey kitten', 'orange kitten']],
    ['cat', []],
  ])('%s', (prompt, expected) => {
    expect(vocabulary.counterparts(parsePrompt(prompt))).toEqual(expected);
  });
});

test('the general vocabulary has several hundred nouns, each once', () => {
  const general = new ContrastVocabulary(parseDetectorSettings({}).contrastVocabulary);
  expect(general.nouns.length).toBeGreaterThan(250);
  expect(new Set(general.nouns).size).toBe(general.nouns.length);
  const cat = general.leftOut(parsePrompt('a white cat'));
  expect([...cat].map((index) => general.nouns[index])).toEqual(['cat']);
});
