import type { Xyxy } from '../../src/geometry/boxes.js';

/**
 * Moves a box's edges by fractions of a cell while `worth` grows.
 * @param worth values many boxes at once: higher is better.
 * @param steps in cells, tried in turn.
 */
export function refineBox(
  start: Xyxy,
  rows: number,
  columns: number,
  worth: (boxes: readonly Xyxy[]) => readonly number[],
  steps: readonly number[] = [1, 0.5, 0.25],
): { box: Xyxy; worth: number } {
  let box = start;
  let [best] = worth([start]);
  for (const step of steps) {
    for (;;) {
      const moves = edgeMoves(box, step, rows, columns);
      const worths = worth(moves);
      const top = worths.reduce((at, value, i) => (value > worths[at] ? i : at), 0);
      if (moves.length === 0 || worths[top] <= best + 1e-6) break;
      best = worths[top];
      box = moves[top];
    }
  }
  return { box, worth: best };
}

/** The boxes that moving one edge by `step` makes, inside the map and at least one cell in size. */
function edgeMoves(box: Xyxy, step: number, rows: number, columns: number): Xyxy[] {
  return [0, 1, 2, 3]
    .flatMap((edge) => [-step, step].map((move) => box.with(edge, box[edge] + move)))
    .filter(
      ([x1, y1, x2, y2]) =>
        x1 >= 0 && y1 >= 0 && x2 <= columns && y2 <= rows && x2 - x1 >= 1 && y2 - y1 >= 1,
    ) as unknown as Xyxy[];
}
