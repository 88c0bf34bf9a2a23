import { type Calibration, logit } from '../../detectors/calibration.js';
import type { Judged } from './calibration.js';

const mostSteps = 100;
const tolerance = 1e-10;
/** Scores of exactly 0 or 1 have no logit; and nobody is that sure. */
const edge = 1e-6;
/** Keeps the fit finite where a score separates right from wrong, and is not felt elsewhere. */
const ridge = 1e-3;

/**
 * The calibration that makes scores the most likely probabilities of what was judged: a logistic
 * regression on the scores' logits, by Newton's method. None where all are right, or all are wrong, or
 * better scores are not more often right.
 */
export function fitCalibration(judged: readonly Judged[]): Calibration | undefined {
  const correct = judged.filter((detection) => detection.correct).length;
  if (correct === 0 || correct === judged.length) return undefined;
  const points = judged.map(({ score, correct }) => ({
    x: logit(Math.min(Math.max(score, edge), 1 - edge)),
    y: correct ? 1 : 0,
  }));
  let fit: Calibration = { slope: 0, offset: 0 };
  let loss = lossOf(fit, points);
  for (let i = 0; i < mostSteps; i++) {
    const step = newtonStep(fit, points);
    // A whole step can overshoot; the loss is convex, so a shorter one makes it less.
    let next = { slope: fit.slope + step.slope, offset: fit.offset + step.offset };
    for (let share = 0.5; lossOf(next, points) > loss && share > tolerance; share /= 2) {
      next = { slope: fit.slope + share * step.slope, offset: fit.offset + share * step.offset };
    }
    const better = lossOf(next, points);
    if (!(better < loss - tolerance * points.length)) break;
    [fit, loss] = [next, better];
  }
  return fit.slope > 0 ? fit : undefined;
}

interface Point {
  x: number;
  y: number;
}

/** Negative log-likelihood, with the ridge. */
function lossOf({ slope, offset }: Calibration, points: readonly Point[]): number {
  let loss = (ridge / 2) * (slope * slope + offset * offset);
  for (const { x, y } of points) {
    const z = slope * x + offset;
    loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - y * z;
  }
  return loss;
}

function newtonStep({ slope, offset }: Calibration, points: readonly Point[]): Calibration {
  let [bySlope, byOffset] = [-ridge * slope, -ridge * offset];
  let [twice, mixed, constant] = [ridge, 0, ridge];
  for (const { x, y } of points) {
    const p = 1 / (1 + Math.exp(-(slope * x + offset)));
    const weight = p * (1 - p);
    bySlope += (y - p) * x;
    byOffset += y - p;
    twice += weight * x * x;
    mixed += weight * x;
    constant += weight;
  }
  const determinant = twice * constant - mixed * mixed;
  return {
    slope: (constant * bySlope - mixed * byOffset) / determinant,
    offset: (twice * byOffset - mixed * bySlope) / determinant,
  };
}
