import fc from 'fast-check';
import { chooseTileSize, tilesOf } from '../../detectors/tiles.js';

test('tiles by hand', () => {
  expect(tilesOf({ width: 2200, height: 900 }, { tileSize: 1000, overlap: 0.4 })).toEqual([
    [0, 0, 1000, 900],
    [600, 0, 1600, 900],
    [1200, 0, 2200, 900],
  ]);
  expect(tilesOf({ width: 640, height: 480 }, { tileSize: 640, overlap: 0.2 })).toEqual([
    [0, 0, 640, 480],
  ]);
  expect(tilesOf({ width: 6000, height: 4000 }, { tileSize: 1024, overlap: 0.2 }).length).toBe(40);
});

test('tiles cover the picture, overlap enough, are of one size and evenly spread', () => {
  const side = fc.integer({ min: 1, max: 9000 });
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 64, max: 2000 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (width, height, tileSize, overlap) => {
        fc.pre(width * height < 2e7);
        const tiles = tilesOf({ width, height }, { tileSize, overlap });
        for (const axis of [0, 1]) {
          const whole = [width, height][axis];
          const size = Math.min(tileSize, whole);
          const sizes = new Set(tiles.map((tile) => tile[axis + 2] - tile[axis]));
          expect([...sizes]).toEqual([size]);
          const starts = [...new Set(tiles.map((tile) => tile[axis]))].sort((a, b) => a - b);
          expect(starts[0]).toBe(0);
          expect(starts.at(-1)).toBe(whole - size);
          expect(starts.every(Number.isInteger)).toBe(true);
          if (starts.length === 1) continue;
          const gaps = starts.slice(1).map((start, i) => start - starts[i]);
          expect(size - Math.max(...gaps)).toBeGreaterThanOrEqual(overlap * size);
          expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a tile size or an overlap that cannot be is an error', () => {
  const picture = { width: 100, height: 100 };
  expect(() => tilesOf(picture, { tileSize: 0, overlap: 0.2 })).toThrow(
    'at least 16 pixels, not 0',
  );
  expect(() => tilesOf(picture, { tileSize: 64, overlap: 1 })).toThrow('from 0 to 0.9, not 1');
});

test('the tile size is the model’s, or as much larger as the number of tiles demands', () => {
  const picture = { width: 6000, height: 4000 };
  expect(chooseTileSize(picture, 1024, 0.2)).toBe(1024);
  const larger = chooseTileSize(picture, 448, 0.2, 64);
  const count = (tileSize: number) => tilesOf(picture, { tileSize, overlap: 0.2 }).length;
  expect(count(larger)).toBeLessThanOrEqual(64);
  expect(count(larger - 1)).toBeGreaterThan(64);
  expect(chooseTileSize(picture, 448, 0.2, 1)).toBe(6000);
});
