import fc from 'fast-check';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { nms } from '../../src/geometry/nms.js';
import { gaussianDecay, linearDecay, softNms } from '../../src/geometry/softNms.js';

// IoU of the first two: 1/3; of the second and third: 1/3; of the first and third: 0.
const row: Xyxy[] = [
  [0, 0, 20, 10],
  [10, 0, 30, 10],
  [20, 0, 40, 10],
];

describe('by hand', () => {
  test('linear: 1 - IoU above the limit', () => {
    // Kept: 0 (0.9). Then 1 falls to 0.8 * 2/3 = 0.533 and 2 (0.6) comes before it; 1 falls to 0.356.
    const kept = softNms(row, [0.9, 0.8, 0.6], linearDecay(0.3));
    expect(kept.map(({ index }) => index)).toEqual([0, 2, 1]);
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.6, expect.closeTo(0.8 * (2 / 3) ** 2)]);
    expect(softNms(row, [0.9, 0.8, 0.6], linearDecay(0.4)).map(({ score }) => score)).toEqual([
      0.9, 0.8, 0.6,
    ]);
  });

  test('gaussian: exp(-IoU^2 / sigma)', () => {
    const kept = softNms(row, [0.9, 0.8, 0.6], gaussianDecay(0.5));
    const factor = Math.exp(-(1 / 9) / 0.5);
    expect(kept.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(kept.map(({ score }) => score)).toEqual([
      0.9,
      expect.closeTo(0.8 * factor),
      expect.closeTo(0.6 * factor),
    ]);
  });

  test('what falls below the floor goes, and lowers no other', () => {
    // 1 falls to 0.533 and goes, so 2 keeps its score.
    const kept = softNms(row, [0.9, 0.8, 0.5], linearDecay(0.3), { floor: 0.55 });
    expect(kept).toEqual([{ index: 0, score: 0.9 }]);
    expect(softNms(row, [0.9, 0.8, 0.6], linearDecay(0.3), { floor: 0.55 })).toEqual([
      { index: 0, score: 0.9 },
      { index: 2, score: 0.6 },
    ]);
  });

  test('worths decide who is the better one, scores are what is lowered', () => {
    const boxes: Xyxy[] = [row[0], row[0]];
    const kept = softNms(boxes, [0.9, 0.8], linearDecay(0.5), { worths: [0.4, 0.7] });
    expect(kept).toEqual([{ index: 1, score: 0.8 }]);
  });

  test('nothing comes of nothing, and a sigma must be positive', () => {
    expect(softNms([], [], gaussianDecay(0.5))).toEqual([]);
    expect(() => gaussianDecay(0)).toThrow('sigma above 0, not 0');
  });
});

describe('properties', () => {
  const box = fc
    .tuple(fc.nat(60), fc.nat(60), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }))
    .map(([x, y, width, height]): Xyxy => [x, y, x + width, y + height]);
  const scored = fc.array(
    fc.record({ box, score: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
    { maxLength: 40 },
  );
  const decay = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }).map(linearDecay),
    fc.double({ min: 0.01, max: 5, noNaN: true }).map(gaussianDecay),
  );

  test('scores never rise, fall from one to the next, and each box comes once', () => {
    fc.assert(
      fc.property(scored, decay, (items, chosen) => {
        const scores = items.map(({ score }) => score);
        const kept = softNms(
          items.map((item) => item.box),
          scores,
          chosen,
        );
        expect(new Set(kept.map(({ index }) => index)).size).toBe(kept.length);
        kept.forEach(({ index, score }, i) => {
          expect(score).toBeLessThanOrEqual(scores[index]);
          expect(score).toBeGreaterThanOrEqual(0.001);
          if (i > 0) expect(score).toBeLessThanOrEqual(kept[i - 1].score);
        });
      }),
    );
  });

  test('boxes that do not overlap keep their scores', () => {
    fc.assert(
      fc.property(scored, decay, (items, chosen) => {
        const apart = items.map(
          ({ box: [x1, y1, x2, y2] }, i): Xyxy => [x1 + 100 * i, y1, x2 + 100 * i, y2],
        );
        const scores = items.map(({ score }) => score);
        const kept = softNms(apart, scores, chosen);
        expect(kept.length).toBe(items.length);
        for (const { index, score } of kept) expect(score).toBe(scores[index]);
      }),
    );
  });

  test('a sigma near 0 is hard suppression of whatever overlaps', () => {
    fc.assert(
      fc.property(scored, (items) => {
        const boxes = items.map((item) => item.box);
        const scores = items.map(({ score }) => score);
        const kept = softNms(boxes, scores, gaussianDecay(1e-12));
        expect(kept.map(({ index }) => index)).toEqual(nms(boxes, scores, 0));
      }),
    );
  });
});
