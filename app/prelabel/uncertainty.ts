const { log2, max } = Math;

/**
 * How unsure a run is of a picture, 0..1: the entropy, in bits, of its most doubtful box being right or wrong.
 * A picture without boxes has 0.
 */
export function uncertaintyOf(boxes: readonly { score?: number }[]): number {
  return max(0, ...boxes.map(({ score }) => (score === undefined ? 0 : entropy(score))));
}

function entropy(p: number): number {
  return p <= 0 || p >= 1 ? 0 : -p * log2(p) - (1 - p) * log2(1 - p);
}
