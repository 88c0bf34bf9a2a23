import { type Features, features } from '../../../detectors/features.js';
import {
  classesAbove,
  classFeatures,
  fusionWeights,
  likeliestClasses,
  logProbabilities,
} from '../../../detectors/regions/closedVocabulary.js';
import { createRandom } from '../../../src/random.js';

const vectors = (...rows: number[][]): Features =>
  features(Float32Array.from(rows.flat()), rows[0].length);
const axes = vectors([1, 0, 0], [0, 1, 0], [0, 0, 1]);
/** Its cosines with the axes are 0.48, 0.64 and 0.6. */
const region = vectors([2.4, 3.2, 3]);

function probabilities(...call: Parameters<typeof logProbabilities>): number[] {
  return Array.from(logProbabilities(...call), Math.exp);
}

describe('class features', () => {
  test('the mean of the unit features, scaled to length one', () => {
    const { values } = classFeatures([vectors([10, 0], [0, 0.1]), vectors([0, -3])]);
    const half = Math.fround(Math.SQRT1_2);
    expect([...values]).toEqual([half, half, 0, -1]);
  });
});

describe('probabilities', () => {
  test('the softmax of temperature · cosine over the classes', () => {
    const found = probabilities(region, axes, { temperature: 2 });
    const likeness = [0.48, 0.64, 0.6].map((cosine) => Math.exp(2 * cosine));
    const total = likeness.reduce((a, b) => a + b);
    found.forEach((share, i) => {
      expect(share).toBeCloseTo(likeness[i] / total, 6);
    });
  });

  test('the background takes part, but is no class', () => {
    const background = vectors([0, 0, 1], [0.8, 0.6, 0]);
    const classes = vectors([1, 0, 0], [0, 1, 0]);
    const found = probabilities(region, classes, { temperature: 2, background });
    const [a, b, c, d] = [0.48, 0.64, 0.6, 0.768].map((cosine) => Math.exp(2 * cosine));
    expect(found).toHaveLength(2);
    expect(found[0]).toBeCloseTo(a / (a + b + c + d), 6);
    expect(found[1]).toBeCloseTo(b / (a + b + c + d), 6);
  });

  test('no overflow at high temperatures, and no information lost', () => {
    const opposite = vectors([1, 0], [-1, 0]);
    const found = logProbabilities(vectors([5, 0]), opposite, { temperature: 1000 });
    expect([...found]).toEqual([0, -2000]);
    // The published temperature 100, by hand: ln(e^80 / (e^60 + e^80)) = −ln(1 + e^−20).
    const [worse, better] = logProbabilities(vectors([0.6, 0.8]), vectors([1, 0], [0, 1]), {
      temperature: 100,
    });
    expect(better).toBeCloseTo(-Math.log1p(Math.exp(-20)), 12);
    expect(worse).toBeCloseTo(-20, 4);
  });

  test('regions do not depend on one another; a region without a feature is any class', () => {
    const both = vectors([2.4, 3.2, 3], [0, 0, 0]);
    const found = logProbabilities(both, axes, { temperature: 50 });
    expect(found.slice(0, 3)).toEqual(logProbabilities(region, axes, { temperature: 50 }));
    expect(Math.exp(found[5])).toBeCloseTo(1 / 3, 12);
  });

  test('no regions, no probabilities', () => {
    const none = features(new Float32Array(0), 3);
    expect(logProbabilities(none, axes, { temperature: 50 })).toHaveLength(0);
    expect(likeliestClasses(new Float64Array(0), [], [0.5])).toEqual([]);
    expect(classesAbove(new Float64Array(0), [], [0.5], 0)).toEqual([]);
  });
});

describe('fusion with the detector', () => {
  const logarithms = Float64Array.from([0.64, 0.16, 0.2, 0.09, 0.81, 0.1], Math.log);

  test('scoring again: the likeliest class, and the geometric mean', () => {
    const [first, second] = likeliestClasses(logarithms, [0.25, 0.49], [0.5, 0.5, 0.5]);
    expect(first).toMatchObject({ region: 0, class: 0 });
    expect(first.score).toBeCloseTo(0.5 * 0.8, 12);
    expect(second).toMatchObject({ region: 1, class: 1 });
    expect(second.score).toBeCloseTo(0.7 * 0.9, 12);
  });

  test('base and novel classes have weights of their own', () => {
    const weights = fusionWeights([false, true, false], 0.1, 0.8);
    expect(weights).toEqual([0.1, 0.8, 0.1]);
    const found = classesAbove(logarithms, [0.25, 0.49], weights, 0.26);
    expect(found.map(({ region, class: index }) => [region, index])).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    const expected = [
      0.25 ** 0.9 * 0.64 ** 0.1,
      0.49 ** 0.9 * 0.09 ** 0.1,
      0.49 ** 0.2 * 0.81 ** 0.8,
      0.49 ** 0.9 * 0.1 ** 0.1,
    ];
    found.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(expected[i], 12);
    });
  });

  test('weights of 0 and 1 trust one of the two alone, even where the other is sure', () => {
    const sure = Float64Array.of(-Infinity, 0);
    expect(classesAbove(sure, [0], [0, 1], 0).map(({ score }) => score)).toEqual([0, 1]);
    expect(classesAbove(sure, [0.5], [0, 1], 0).map(({ score }) => score)).toEqual([0.5, 1]);
    expect(likeliestClasses(sure, [0], [0.5, 0.5])[0].score).toBe(0);
  });
});

test("LVIS's classes for many regions", () => {
  const random = createRandom(1);
  const matrix = (count: number) =>
    features(
      Float32Array.from({ length: count * 64 }, () => random.normal()),
      64,
    );
  const classes = classFeatures(Array.from({ length: 1203 }, () => matrix(2)));
  const logarithms = logProbabilities(matrix(100), classes, { temperature: 100 });
  for (let region = 0; region < 100; region++) {
    const shares = logarithms.subarray(region * 1203, (region + 1) * 1203);
    expect(shares.reduce((sum, share) => sum + Math.exp(share), 0)).toBeCloseTo(1, 10);
  }
});
