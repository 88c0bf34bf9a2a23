import type { Rgb } from './labelColours.js';

/**
 * Colours of matplotlib's "inferno" (CC0) at equal steps: from black over purple and orange to pale
 * yellow, evenly growing lighter, so that equal steps of the value look equal, in grey as well.
 */
const inferno: readonly Rgb[] = [
  [0, 0, 4],
  [22, 11, 57],
  [66, 10, 104],
  [106, 23, 110],
  [147, 38, 103],
  [188, 55, 84],
  [221, 81, 58],
  [243, 120, 25],
  [252, 165, 10],
  [246, 215, 70],
  [252, 255, 164],
];

/** The colour of a value from 0 to 1. */
export function colourOf(share: number): Rgb {
  const position = Math.max(0, Math.min(share, 1)) * (inferno.length - 1);
  const low = Math.min(Math.floor(position), inferno.length - 2);
  const channel = (i: 0 | 1 | 2) =>
    Math.round(inferno[low][i] + (inferno[low + 1][i] - inferno[low][i]) * (position - low));
  return [channel(0), channel(1), channel(2)];
}
