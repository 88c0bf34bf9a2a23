import type { Xyxy } from '../../src/geometry/boxes.js';

/** Each side of a window is about a quarter longer than the one before. */
const growth = 1.25;
const shortest = 2;
const widestAspect = 2.1;

/**
 * Boxes of whole cells over a map, from 2 × 2 up to the whole and of shapes up to about 2 : 1, close
 * enough together that some window overlaps an object of any place and size well.
 */
export function windows(rows: number, columns: number): Xyxy[] {
  const boxes: Xyxy[] = [];
  for (const height of sides(rows)) {
    for (const width of sides(columns)) {
      if (Math.max(height / width, width / height) > widestAspect) continue;
      for (const y of places(height, rows)) {
        for (const x of places(width, columns)) boxes.push([x, y, x + width, y + height]);
      }
    }
  }
  return boxes;
}

/** The map's single cells, row by row. */
export function cells(rows: number, columns: number): Xyxy[] {
  return Array.from({ length: rows * columns }, (_, cell) => {
    const [x, y] = [cell % columns, Math.floor(cell / columns)];
    return [x, y, x + 1, y + 1];
  });
}

/** 2, 3, 4, 5, 6, 8, 10, 13 … up to the whole. */
function sides(whole: number): number[] {
  const lengths: number[] = [];
  for (let side = shortest; side < whole; side = Math.max(side + 1, Math.round(side * growth))) {
    lengths.push(side);
  }
  return [...lengths, whole];
}

/** Where windows of a side start: about a third of the side apart, the last at the map's end. */
function places(side: number, whole: number): number[] {
  const step = Math.max(1, Math.floor(side / 3));
  const starts: number[] = [];
  for (let start = 0; start < whole - side; start += step) starts.push(start);
  return [...starts, whole - side];
}
