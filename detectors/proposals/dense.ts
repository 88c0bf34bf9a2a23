import type { Xyxy } from '../boxes.js';
import { SummedMap } from './summedMap.js';

/** A proposed region, in cells of the map it was found on. */
export interface Proposal {
  box: Xyxy;
  /** The highest value of the map inside. */
  peak: number;
}

/** Shares of a patch group's peak at which it is cut out. */
const levels = [0.3, 0.5, 0.7, 0.9];

/**
 * Boxes around the connected groups of patches that stand out on a map of one prompt's probabilities,
 * cut at several shares of each group's own peak, so that a weak object beside a strong one is found
 * and two that touch come apart. Each box is then moved to the edges that hold the most probability
 * above half the peak (efficient subwindow search: Lampert et al., CVPR 2008, as a local ascent).
 *
 * @param probability [rows, columns], in 0..1.
 * @param floor groups whose peak is lower are no proposals.
 * @returns different boxes, by falling peak.
 */
export function denseProposals(
  probability: Float32Array,
  rows: number,
  columns: number,
  floor: number,
): Proposal[] {
  const found = new Map<string, Proposal>();
  const propose = (cells: readonly number[]) => {
    const peak = peakOf(probability, cells);
    let split = false;
    for (const level of levels) {
      const parts = components(probability, columns, cells, level * peak).filter(
        (part) => peakOf(probability, part) >= floor,
      );
      for (const part of parts) {
        const proposal = { box: boundingBox(part, columns), peak: peakOf(probability, part) };
        found.set(proposal.box.join(), proposal);
      }
      if (parts.length > 1 && !split) {
        split = true;
        parts.forEach(propose);
      }
    }
  };
  const everything = [...probability.keys()];
  if (peakOf(probability, everything) >= floor) propose(everything);

  const tight = new Map<string, Proposal>();
  const excess = new Map<number, SummedMap>();
  for (const { box, peak } of found.values()) {
    for (const candidate of [box, settleEdges(box, excessAbove(peak / 2, excess))]) {
      tight.set(candidate.join(), { box: candidate, peak });
    }
  }
  return [...tight.values()].sort((a, b) => b.peak - a.peak);

  function excessAbove(level: number, made: Map<number, SummedMap>): SummedMap {
    const known = made.get(level);
    if (known) return known;
    const map = new SummedMap(
      probability.map((value) => value - level),
      rows,
      columns,
    );
    made.set(level, map);
    return map;
  }
}

/** Moves edges by whole cells while the sum inside grows. */
function settleEdges(start: Xyxy, map: SummedMap): Xyxy {
  let box = start;
  let sum = map.sum(box);
  for (;;) {
    let best: Xyxy | undefined;
    for (const moved of edgeMoves(box, 1, map.rows, map.columns)) {
      const movedSum = map.sum(moved);
      if (movedSum > sum + 1e-9) {
        best = moved;
        sum = movedSum;
      }
    }
    if (!best) return box;
    box = best;
  }
}

/** The boxes that moving one edge by `step` makes, inside the map and at least one cell in size. */
export function edgeMoves(box: Xyxy, step: number, rows: number, columns: number): Xyxy[] {
  return [0, 1, 2, 3]
    .flatMap((edge) => [-step, step].map((move) => box.with(edge, box[edge] + move)))
    .filter(
      ([x1, y1, x2, y2]) =>
        x1 >= 0 && y1 >= 0 && x2 <= columns && y2 <= rows && x2 - x1 >= 1 && y2 - y1 >= 1,
    ) as unknown as Xyxy[];
}

/** Groups of 4-connected cells out of `cells` whose value is at least `level`. */
function components(
  values: Float32Array,
  columns: number,
  cells: readonly number[],
  level: number,
): number[][] {
  const open = new Set(cells.filter((cell) => values[cell] >= level));
  const groups: number[][] = [];
  for (const seed of open) {
    open.delete(seed);
    const group = [seed];
    for (const cell of group) {
      const column = cell % columns;
      const neighbours = [cell - columns, cell + columns];
      if (column > 0) neighbours.push(cell - 1);
      if (column < columns - 1) neighbours.push(cell + 1);
      for (const neighbour of neighbours) if (open.delete(neighbour)) group.push(neighbour);
    }
    groups.push(group);
  }
  return groups;
}

function peakOf(values: Float32Array, cells: readonly number[]): number {
  return cells.reduce((peak, cell) => Math.max(peak, values[cell]), 0);
}

function boundingBox(cells: readonly number[], columns: number): Xyxy {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const cell of cells) {
    const column = cell % columns;
    const row = Math.floor(cell / columns);
    left = Math.min(left, column);
    top = Math.min(top, row);
    right = Math.max(right, column + 1);
    bottom = Math.max(bottom, row + 1);
  }
  return [left, top, right, bottom];
}
