import { stretchedLength, stretchPositions } from '../../src/nn/longPositions.js';

test('77 positions stretch to 248, and few stay as they are', () => {
  expect(stretchedLength(77)).toBe(248);
  expect(stretchedLength(12)).toBe(12);
  expect(stretchPositions(Float32Array.of(3, 1, 4, 1), 2)).toEqual(Float32Array.of(3, 1, 4, 1));
});

test('a straight line is kept for 20 rows and then runs on at a quarter of its slope', () => {
  const line = Float32Array.from({ length: 30 }, (_, i) => i);
  const stretched = stretchPositions(line, 1);
  expect(stretched.length).toBe(60);
  stretched.forEach((value, row) => {
    expect(value).toBe(row < 20 ? row : 20 + (row - 20) / 4);
  });
});
