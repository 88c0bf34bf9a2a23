import fc from 'fast-check';
import { mergePairs } from '../../src/text/bytePairs.js';
import { growthOf } from '../growth.js';

/** One merge at a time, looking through all pairs. */
function plainly(text: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const symbols = [...text];
  for (;;) {
    const found = symbols
      .slice(1)
      .map((right, i) => ranks.get(`${symbols[i]} ${right}`) ?? Infinity);
    const least = Math.min(...found);
    if (least === Infinity) return symbols;
    const place = found.indexOf(least);
    symbols.splice(place, 2, symbols[place] + symbols[place + 1]);
  }
}

test('any text comes out as by looking through all pairs', () => {
  const symbol = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 });
  const merges = fc.uniqueArray(
    fc.tuple(symbol, symbol).map((pair) => pair.join(' ')),
    { maxLength: 40 },
  );
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 });
  fc.assert(
    fc.property(text, merges, (symbols, pairs) => {
      const ranks = new Map(pairs.map((pair, rank) => [pair, rank]));
      const found = mergePairs(symbols, (left, right) => ranks.get(`${left} ${right}`));
      expect(found).toEqual(plainly(symbols, ranks));
    }),
    { seed: 26 },
  );
});

test('the time grows with the length of a text', async () => {
  const ranks = new Map(['a b', 'ab ab', 'abab abab'].map((pair, rank) => [pair, rank]));
  const growth = await growthOf(
    (parts) => 'ab'.repeat(parts),
    (text) => mergePairs([...text], (left, right) => ranks.get(`${left} ${right}`)),
  );
  expect(growth).toBeLessThan(60);
});
