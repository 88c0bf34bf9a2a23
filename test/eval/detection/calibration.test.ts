import { calibrate, logit, uncalibrate } from '../../../detectors/calibration.js';
import {
  binByScore,
  calibrationError,
  type Judged,
  operationAt,
} from '../../../eval/detection/calibration.js';
import { fitCalibration } from '../../../eval/detection/fitCalibration.js';
import { createRandom } from '../../../src/random.js';

const detections = (score: number, right: number, wrong: number): Judged[] =>
  Array.from({ length: right + wrong }, (_, i) => ({ score, correct: i < right }));

describe('bins of scores', () => {
  test('hold the mean score and the share that is right', () => {
    const judged = [...detections(0.25, 1, 3), ...detections(0.9, 9, 0), ...detections(1, 0, 1)];
    expect(binByScore(judged)).toEqual([
      { score: 0.25, precision: 0.25, count: 4 },
      { score: expect.closeTo(0.91), precision: 0.9, count: 10 },
    ]);
  });

  test('differ from a perfect calibration by their weighed distances', () => {
    // Four of ten are 0.3 too sure, six are 0.1 not sure enough.
    const judged = [...detections(0.55, 1, 3), ...detections(0.4, 3, 3)];
    expect(calibrationError(binByScore(judged))).toBeCloseTo(0.4 * 0.3 + 0.6 * 0.1, 12);
    expect(calibrationError([])).toBe(0);
  });
});

test('a threshold has a precision and a recall', () => {
  const judged = [...detections(0.8, 3, 1), ...detections(0.4, 1, 5)];
  const half = operationAt(0.5, judged, 6);
  expect(half).toEqual({ precision: 0.75, recall: 0.5, f1: expect.closeTo(0.6) });
  expect(operationAt(0.9, judged, 6)).toEqual({ precision: 0, recall: 0, f1: 0 });
  expect(operationAt(0.4, judged, 6)).toMatchObject({ precision: 0.4 });
});

describe('calibrating', () => {
  test('keeps the order and the ends, and can be undone', () => {
    const calibration = { slope: 1.7, offset: -0.8 };
    const scores = [0, 0.001, 0.2, 0.5, 0.77, 0.9999, 1];
    const calibrated = scores.map((score) => calibrate(score, calibration));
    expect(calibrated).toEqual([...calibrated].sort((a, b) => a - b));
    expect([calibrated[0], calibrated.at(-1)]).toEqual([0, 1]);
    calibrated.forEach((score, i) => {
      expect(uncalibrate(score, calibration)).toBeCloseTo(scores[i], 12);
    });
  });

  test('is found from what was right and what was wrong', () => {
    const random = createRandom(3);
    const truth = { slope: 2.2, offset: -1.1 };
    const judged = Array.from({ length: 20_000 }, (): Judged => {
      const score = random.uniform();
      return { score, correct: random.uniform() < calibrate(score, truth) };
    });
    const fitted = fitCalibration(judged)!;
    expect(fitted.slope).toBeCloseTo(truth.slope, 1);
    expect(fitted.offset).toBeCloseTo(truth.offset, 1);
    const after = judged.map(({ score, correct }) => ({
      score: calibrate(score, fitted),
      correct,
    }));
    expect(calibrationError(binByScore(judged))).toBeGreaterThan(0.1);
    expect(calibrationError(binByScore(after))).toBeLessThan(0.02);
    // The mean of the probabilities is the share that is right: the condition of the best fit.
    const mean = after.reduce((sum, { score }) => sum + score, 0) / after.length;
    const share = after.filter(({ correct }) => correct).length / after.length;
    expect(mean).toBeCloseTo(share, 4);
  });

  test('is not found where all are right, all are wrong, or better scores are worse', () => {
    expect(fitCalibration(detections(0.6, 5, 0))).toBeUndefined();
    expect(fitCalibration(detections(0.6, 0, 5))).toBeUndefined();
    expect(fitCalibration([])).toBeUndefined();
    expect(
      fitCalibration([...detections(0.9, 100, 400), ...detections(0.1, 400, 100)]),
    ).toBeUndefined();
  });

  test('stays finite where a score divides right from wrong, and for scores of 0 and 1', () => {
    const { slope, offset } = fitCalibration([...detections(1, 5, 0), ...detections(0, 0, 5)])!;
    expect(Number.isFinite(slope) && Number.isFinite(offset)).toBe(true);
    expect(logit(0)).toBe(-Infinity);
  });
});
