import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { createRandom } from '../../../src/random.js';
import { readAttributeLexicon } from '../../../training/construction/attributeLexicon.js';
import { checkRewrites } from '../../../training/construction/checkRewrites.js';
import { rewriteAttributes } from '../../../training/construction/rewriteAttributes.js';

const lexicon = readAttributeLexicon();
const descriptions = readFileSync(
  join(packageRoot, 'test/fixtures/construction/descriptions.txt'),
  'utf8',
)
  .trim()
  .split('\n');
const rewrite = (text: string, most = 10) =>
  rewriteAttributes(text, lexicon, most, createRandom(text));

describe('rewrites by the lexicon', () => {
  test('of many descriptions pass every check, and most descriptions have ten', () => {
    let enough = 0;
    for (const text of descriptions) {
      const rewrites = rewrite(text);
      expect({ text, ...checkRewrites(text, rewrites, lexicon) }).toEqual({
        ...{ text, passed: rewrites, refused: {} },
      });
      if (rewrites.length === 10) enough++;
    }
    expect(enough / descriptions.length).toBeGreaterThan(0.9);
  });

  test('are the same again for the same seed', () => {
    const text = 'a small red cat';
    expect(rewrite(text)).toEqual(rewrite(text));
    expect(rewriteAttributes(text, lexicon, 10, createRandom('other'))).not.toEqual(rewrite(text));
  });

  /** Every word that takes the place of another in any rewrite. */
  const swaps = (text: string) => {
    const words = text.split(' ');
    const found = new Map<string, Set<string>>();
    for (const other of rewrite(text, 60)) {
      other.split(' ').forEach((word, i) => {
        if (word !== words[i]) found.set(words[i], (found.get(words[i]) ?? new Set()).add(word));
      });
    }
    return found;
  };

  test('change attributes of all kinds, and nothing else', () => {
    expect([...swaps('the small striped cat').keys()].sort()).toEqual(['small', 'striped']);
    expect([...swaps('two wooden boats behind a tower').keys()].sort()).toContain('two');
    expect(swaps('a man kicking a ball').get('kicking')).toContain('throwing');
    expect(swaps('a dog standing on grass').get('standing')).toContain('running');
    expect(swaps('the left shoe').get('left')).toEqual(new Set(['right']));
    expect(swaps('a dress with dots').get('dots')).toContain('stripes');
    expect(swaps('a car that is red').get('red')).toContain('blue');
  });

  test('leave alone what tells no attribute there', () => {
    const nothing = [
      'an orange on a plate',
      'a glass of water',
      'an ice cream cone',
      'a golden retriever',
      'a man running a shop',
      'the building',
      '',
    ];
    for (const text of nothing)
      expect({ text, rewrites: rewrite(text) }).toEqual({ text, rewrites: [] });
  });

  test('write no synonym and no word that may be true as well', () => {
    const reds = swaps('a red car').get('red')!;
    for (const word of ['red', 'scarlet', 'crimson', 'maroon']) expect(reds).not.toContain(word);
    expect(swaps('a baby eating a pear').get('eating')).not.toContain('holding');
  });

  test('keep articles, capitals and commas right', () => {
    const articles = rewrite('A red, shiny apple', 60);
    for (const text of articles)
      expect(text).toMatch(/^(An (?=[aeiou])|A (?![aeiou]))\w+, \w+ apple$/);
    expect(articles.some((text) => text.startsWith('An orange, '))).toBe(true);
  });
});

describe('checks of rewrites', () => {
  const reasons = (text: string, rewrites: string[]) => checkRewrites(text, rewrites, lexicon);
  test.each([
    ['a small red cat with a hat', 'a small blue cat with a hat', undefined],
    ['a small red cat with a hat', 'a small bluish cat with a hat', undefined],
    ['a small red cat with a hat', 'a small crimson cat with a hat', /synonym/],
    ['a small red cat with a hat', 'a tiny red cat with a hat', /synonym/],
    ['a small red cat with a hat', 'a small red dog with a hat', /another name/],
    ['a small red cat with a hat', 'a small red cat with a cap', /another name/],
    ['a small red cat with a hat', 'a small blue cat', /another form/],
    ['a small red cat with a hat', 'an small blue cat with a hat', /article/],
    ['a small red cat with a hat', 'a small wooden cat with a hat', /another kind/],
    ['a small red cat with a hat', 'A small red cat with a hat.', /nothing is changed/],
    ['a small cat on a mat', 'a small cat at a mat', undefined],
    ['two dogs running on grass', 'three dogs running on grass', undefined],
    ['two dogs running on grass', 'one dogs running on grass', /number/],
    ['a man riding a bicycle', 'a man pushing a bicycle', undefined],
    ['an old man', 'a young man', undefined],
    ['an old man', 'an young man', /article/],
  ])('%s -> %s', (text, other, reason) => {
    const { passed, refused } = reasons(text, [other]);
    expect(passed).toEqual(reason ? [] : [other]);
    expect(Object.keys(refused).join()).toMatch(reason ?? /^$/);
  });

  test('let each rewrite pass once', () => {
    const twice = ['a blue cat', 'A blue cat', 'a green cat'];
    expect(reasons('a red cat', twice)).toEqual({
      passed: ['a blue cat', 'a green cat'],
      refused: { 'it is there twice': 1 },
    });
  });
});
