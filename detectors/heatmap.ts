import type { Query } from './regions/classifier.js';
import type { View } from './view.js';

/** Values spread evenly over a picture. */
export interface Heatmap {
  /** [rows, columns], in 0..1. */
  map: Float32Array;
  rows: number;
  columns: number;
}

/** The query's probability per patch: the mean over the views, on the grid of the finest. */
export function heatmapOf(views: readonly View[], query: Query): Heatmap {
  const maps = views.map((view) => {
    const { rows, columns } = view.map;
    return { map: view.patchProbabilities(query), rows, columns };
  });
  const { rows, columns } = maps.reduce((finest, map) =>
    map.map.length > finest.map.length ? map : finest,
  );
  const map = new Float32Array(rows * columns);
  for (const each of maps) {
    const fitted = enlarge(each, rows, columns);
    for (let i = 0; i < map.length; i++) map[i] += fitted[i] / maps.length;
  }
  return { map, rows, columns };
}

/** Bilinear interpolation between the centres of the cells. */
function enlarge(source: Heatmap, rows: number, columns: number): Float32Array {
  if (source.rows === rows && source.columns === columns) return source.map;
  const down = interpolation(source.rows, rows);
  const across = interpolation(source.columns, columns);
  const at = (row: number, column: number) => source.map[row * source.columns + column];
  const enlarged = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const y = down[row];
    for (let column = 0; column < columns; column++) {
      const x = across[column];
      const top = at(y.low, x.low) * (1 - x.share) + at(y.low, x.high) * x.share;
      const bottom = at(y.high, x.low) * (1 - x.share) + at(y.high, x.high) * x.share;
      enlarged[row * columns + column] = top * (1 - y.share) + bottom * y.share;
    }
  }
  return enlarged;
}

function interpolation(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, i) => {
    const position = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(position);
    return { low, high: Math.min(low + 1, from - 1), share: position - low };
  });
}
