import { describe, expect, test } from '@jest/globals';
import { denseProposals, edgeMoves } from '../../../detectors/proposals/dense.js';
import { Enclosure, refineBox, resolution } from '../../../detectors/proposals/refine.js';
import { SummedMap } from '../../../detectors/proposals/summedMap.js';

/** One digit per cell, in tenths. */
function mapOf(...lines: string[]): { map: Float32Array; rows: number; columns: number } {
  const cells = lines.join('').split('');
  return {
    map: Float32Array.from(cells, (digit) => Number(digit) / 10),
    rows: lines.length,
    columns: lines[0].length,
  };
}

function boxesOf(floor: number, ...lines: string[]): string[] {
  const { map, rows, columns } = mapOf(...lines);
  return denseProposals(map, rows, columns, floor).map(({ box }) => box.join());
}

describe('dense proposals', () => {
  test('a group of patches is boxed', () => {
    expect(boxesOf(0.2, '00000', '09900', '09900', '00000')).toEqual(['1,1,3,3']);
  });

  test('two groups of different height are both found', () => {
    const boxes = boxesOf(0.2, '9900000', '9900033', '0000033');
    expect(boxes).toContain('0,0,2,2');
    expect(boxes).toContain('5,1,7,3');
  });

  test('touching groups are also cut apart', () => {
    const boxes = boxesOf(0.2, '99499', '99499');
    expect(boxes).toContain('0,0,5,2');
    expect(boxes).toContain('0,0,2,2');
    expect(boxes).toContain('3,0,5,2');
  });

  test('a weak fringe is left outside, a ragged edge inside', () => {
    const boxes = boxesOf(0.2, '2222', '2994', '2999', '2222');
    expect(boxes).toContain('1,1,4,3');
  });

  test('nothing above the floor, no proposals', () => {
    expect(boxesOf(0.5, '0404', '0000')).toEqual([]);
  });
});

test('sums over parts of cells', () => {
  const map = new SummedMap([1, 2, 3, 4], 2, 2);
  expect(map.sum([0, 0, 2, 2])).toBe(10);
  expect(map.sum([0.5, 0, 1.5, 1])).toBeCloseTo(1.5, 12);
  expect(map.sum([-5, -5, 9, 0.5])).toBeCloseTo(1.5, 12);
});

test('edges stay inside the map and a cell apart', () => {
  expect(edgeMoves([0, 0, 1, 2], 1, 2, 2)).toEqual([
    [0, 1, 1, 2],
    [0, 0, 2, 2],
    [0, 0, 1, 1],
  ]);
});

test('a box fits best where the object ends', () => {
  const { map, rows, columns } = mapOf('00000', '09990', '09990', '00000');
  const enclosure = new Enclosure(map, rows, columns, 0.9);
  expect(enclosure.of([1, 1, 4, 3])).toBeCloseTo(1, 5);
  expect(enclosure.of([1, 1, 3, 3])).toBeCloseTo(2 / 3, 5);
  expect(enclosure.of([0, 0, 5, 4])).toBeCloseTo(0.3, 5);
  const refined = refineBox([2, 1, 3, 2], rows, columns, (boxes) =>
    boxes.map((box) => enclosure.of(box)),
  );
  expect(refined).toEqual([1, 1, 4, 3]);
});

test('a box of more cells has better known edges', () => {
  expect(resolution([0, 0, 1, 1])).toBe(0.25);
  expect(resolution([0, 0, 10, 10])).toBeCloseTo(0.9025, 6);
});
