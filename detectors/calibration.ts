/**
 * Makes probabilities of scores: the logit of the calibrated score is slope · logit of the score + offset
 * (Platt scaling). The order of scores stays as it is.
 */
export interface Calibration {
  /** Above 0. */
  slope: number;
  offset: number;
}

/** @param score 0..1 @returns 0..1 */
export function calibrate(score: number, { slope, offset }: Calibration): number {
  return sigmoid(slope * logit(score) + offset);
}

/** The score that `calibrate` makes a given one of. */
export function uncalibrate(score: number, { slope, offset }: Calibration): number {
  return sigmoid((logit(score) - offset) / slope);
}

/** The calibration that does what `first` does, then what `second` does. */
export function inTurn(first: Calibration, second: Calibration): Calibration {
  return {
    slope: second.slope * first.slope,
    offset: second.slope * first.offset + second.offset,
  };
}

/** The logarithm of the odds: −∞ for 0, ∞ for 1. */
export function logit(share: number): number {
  return Math.log(share) - Math.log1p(-share);
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
