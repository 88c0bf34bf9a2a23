import { joinRows, rankOf, rowProduct, unitRows } from '../../eval/cosine.js';
import { ndarray } from '../../src/jit/ndarray.js';

const matrix = (...rows: number[][]) =>
  ndarray(Float32Array.from(rows.flat()), [rows.length, rows[0].length]);

test('rows are scaled to length one, zeros stay', () => {
  const unit = unitRows(matrix([3, 4], [0, 0], [-2, 0]));
  expect(unit.shape).toEqual([3, 2]);
  expect([...unit.data].map((value) => Number(value.toFixed(6)))).toEqual([0.6, 0.8, 0, 0, -1, 0]);
});

test('rows are joined in order', () => {
  const joined = joinRows([matrix([1, 2]), matrix([3, 4], [5, 6])]);
  expect(joined.shape).toEqual([3, 2]);
  expect([...joined.data]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(rowProduct(joined, 1, joined, 2)).toBe(39);
});

test('a rank counts who is closer, or as close', () => {
  const candidates = matrix([1, 0], [0.5, 0], [0.5, 9], [0, 1]);
  const query = matrix([0, 0], [1, 0]);
  expect([0, 1, 2, 3].map((right) => rankOf(query, 1, candidates, right))).toEqual([0, 2, 2, 3]);
  expect(rankOf(query, 0, candidates, 0)).toBe(3);
});
