/** A detection that was judged. */
export interface Judged {
  /** 0..1 */
  score: number;
  correct: boolean;
}

/** Detections whose scores are about the same. */
export interface Bin {
  /** Mean of the scores. */
  score: number;
  /** Share that is correct. */
  precision: number;
  count: number;
}

export const binCount = 10;

/** Detections by score, in ten bins of equal width; bins without any are left out. */
export function binByScore(judged: readonly Judged[]): Bin[] {
  const sums = Array.from({ length: binCount }, () => ({ score: 0, correct: 0, count: 0 }));
  for (const { score, correct } of judged) {
    const bin = sums[Math.min(Math.floor(score * binCount), binCount - 1)];
    bin.score += score;
    bin.correct += correct ? 1 : 0;
    bin.count++;
  }
  return sums.flatMap(({ score, correct, count }) =>
    count > 0 ? [{ score: score / count, precision: correct / count, count }] : [],
  );
}

/**
 * Expected calibration error: the mean difference between score and precision of the bins, each weighed
 * by its number of detections (Guo and others, 2017). 0 without detections.
 */
export function calibrationError(bins: readonly Bin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce(
    (sum, { score, precision, count }) => sum + (count / total) * Math.abs(score - precision),
    0,
  );
}

/** What a threshold gives. */
export interface Operation {
  precision: number;
  recall: number;
  /** Harmonic mean of the two. */
  f1: number;
}

/** @param objects how many there were to find. */
export function operationAt(
  threshold: number,
  judged: readonly Judged[],
  objects: number,
): Operation {
  const kept = judged.filter(({ score }) => score >= threshold);
  const correct = kept.filter((detection) => detection.correct).length;
  return {
    precision: correct / Math.max(kept.length, 1),
    recall: correct / Math.max(objects, 1),
    f1: (2 * correct) / Math.max(kept.length + objects, 1),
  };
}
