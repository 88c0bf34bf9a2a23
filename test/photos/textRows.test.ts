import fc from 'fast-check';
import { mostTexts, textRows } from '../../src/photos/textRows.js';

test('every text is in one row, and rows have room for their tokens and results', () => {
  const sizes = fc.array(fc.integer({ min: 2, max: 256 }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (list) => {
      const rows = textRows(list);
      const texts = rows.flatMap((row) => row.texts).sort((a, b) => a - b);
      expect(texts).toEqual([...list.keys()]);
      for (const row of rows) {
        const used = row.texts.reduce((sum, text) => sum + list[text], 0);
        expect(used).toBeLessThanOrEqual(row.tokens);
        expect(row.texts.length).toBeLessThanOrEqual(mostTexts(row.tokens));
        expect([8, 16, 64, 256]).toContain(row.tokens);
      }
    }),
  );
});

test('short texts share a row', () => {
  expect(textRows([4, 4, 4])).toEqual([{ texts: [0, 1, 2], tokens: 16 }]);
  expect(textRows([])).toEqual([]);
});
