import { expect, test } from '@jest/globals';
import { type Features, features, normalised } from '../../../detectors/features.js';
import { type Query, RegionClassifier } from '../../../detectors/regions/classifier.js';
import { poolRegions } from '../../../detectors/regions/pool.js';

const vectors = (...rows: number[][]): Features =>
  normalised(features(Float32Array.from(rows.flat()), 3));
const none = features(new Float32Array(0), 3);
const query = (phrasings: Features, rest: Partial<Query> = {}): Query => ({
  phrasings,
  counterparts: none,
  negatives: none,
  leftOut: new Set(),
  ...rest,
});

test('a score is the softmax over the prompt and the contrast', () => {
  const classifier = new RegionClassifier(vectors([0, 1, 0], [0, 0, 1]), 2);
  const evidence = classifier.evidence(features(Float32Array.of(3, 4, 0), 3));
  const [score] = classifier.probabilities(evidence, query(vectors([1, 0, 0])));
  const [own, first, second] = [0.6, 0.8, 0].map((cosine) => Math.exp(2 * cosine));
  expect(score).toBeCloseTo(own / (own + first + second), 6);
});

test('what is left out does not count; counterparts and negatives do', () => {
  const classifier = new RegionClassifier(vectors([1, 0, 0], [0, 1, 0]), 10);
  const evidence = classifier.evidence(features(Float32Array.of(1, 0, 0), 3));
  const ask = (rest: Partial<Query>) =>
    classifier.probabilities(evidence, query(vectors([1, 0.2, 0]), rest))[0];
  expect(ask({ leftOut: new Set([0]) })).toBeGreaterThan(0.99);
  expect(ask({})).toBeLessThan(0.5);
  expect(ask({ leftOut: new Set([0]), counterparts: vectors([1, -0.2, 0]) })).toBeCloseTo(0.5, 2);
  expect(ask({ leftOut: new Set([0]), negatives: vectors([1, 0, 0]) })).toBe(0);
  expect(ask({ leftOut: new Set([0, 1]) })).toBe(1);
});

test('extreme temperatures neither overflow nor yield NaN', () => {
  const classifier = new RegionClassifier(vectors([1, 0, 0], [-1, 0, 0]), 300);
  const evidence = classifier.evidence(features(Float32Array.of(-1, 0, 0, 0, 0, 0), 3));
  const scores = classifier.probabilities(evidence, query(vectors([0, 1, 0])));
  for (const score of scores) expect(score).toBeGreaterThanOrEqual(0);
  expect(scores).not.toContain(Number.NaN);
});

test('regions are pooled from the map', () => {
  const map = { features: features(Float32Array.of(1, 0, 0, 0, 1, 0), 3), rows: 1, columns: 2 };
  const pooled = poolRegions(map, [
    [0, 0, 1, 1],
    [0, 0, 2, 1],
  ]);
  expect([...pooled.values]).toEqual([1, 0, 0, 0.5, 0.5, 0]);
});
