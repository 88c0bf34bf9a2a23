const { log, min } = Math;

/** When a prompt counts as found among general names. */
export interface Gate {
  /** The model's threshold. */
  threshold: number;
  /** Among how many names that fit a box best a prompt must be, the general ones counted, to score so much or more. */
  rank: number;
  /** How many general names there are. */
  names: number;
}

/**
 * A score as the gate leaves it: itself where few general names fit the box better; else at most what lies below
 * the model's threshold, the lower the more do. Who lowers the threshold thus sees boxes of names that the
 * model cannot tell from others.
 * @param better how many general names fit the box better.
 */
export function gated(score: number, better: number, { threshold, rank, names }: Gate): number {
  if (better < rank) return score;
  return min(score, threshold * (1 - log((better + 1) / rank) / log((names + 1) / rank)));
}
