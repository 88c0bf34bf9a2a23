import {
  dotProducts,
  type Features,
  features,
  normalised,
  pick,
  vectorsOf,
} from '../../../detectors/features.js';
import { type Query, RegionClassifier } from '../../../detectors/regions/classifier.js';
import { poolRegions } from '../../../detectors/regions/pool.js';
import { createRandom } from '../../../src/random.js';

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

test('what cannot matter is 0, and the rest is the same to the bit', () => {
  const random = createRandom(1);
  const draw = (count: number) =>
    normalised(
      features(
        Float32Array.from({ length: 16 * count }, () => random.normal()),
        16,
      ),
    );
  const classifier = new RegionClassifier(draw(9), 5);
  const evidence = classifier.evidence(draw(50));
  const asked = {
    phrasings: draw(2),
    counterparts: draw(3),
    negatives: draw(2),
    leftOut: new Set([4]),
  };
  const all = classifier.probabilities(evidence, asked);
  const limits: number[] = [];
  const some = classifier.probabilities(evidence, asked, (index, most) => {
    limits[index] = most;
    return most > 0.1;
  });
  expect(limits.filter((most) => most > 0.1).length).toBeGreaterThan(5);
  all.forEach((probability, i) => {
    expect(probability).toBeLessThanOrEqual(limits[i]);
    expect(some[i]).toBe(limits[i] > 0.1 ? probability : 0);
  });
});

test('a dot product does not depend on the vectors beside it', () => {
  const random = createRandom(2);
  const [a, b] = [11, 7].map((count) =>
    features(
      Float32Array.from({ length: 33 * count }, () => random.normal()),
      33,
    ),
  );
  const products = dotProducts(a, b);
  for (let i = 0; i < products.length; i++) {
    const [row, column] = [Math.floor(i / b.count), i % b.count];
    const [alone] = dotProducts(pick(a, [row]), pick(b, [column]));
    expect(products[i]).toBe(alone);
  }
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

test('examples ask for the square of the cosine with what they have in common, unless a look-alike is nearer than all of them', () => {
  const random = createRandom(2);
  const draw = (count: number) =>
    normalised(
      features(
        Float32Array.from({ length: 8 * count }, () => random.normal()),
        8,
      ),
    );
  const [contrast, shown, unlike, seen] = [draw(5), draw(3), draw(2), draw(40)];
  const middle = Float32Array.from({ length: 8 }, () => 0.2 * random.normal());
  const classifier = new RegionClassifier(contrast, 4);
  const nothing = features(new Float32Array(0), 8);
  const asked = { ...query(nothing), negatives: nothing, counterparts: nothing };
  const answers = classifier.probabilities(classifier.evidence(seen), {
    ...asked,
    examples: { shown, unlike, middle, share: 1 },
  });

  const unit = (vector: number[]) => vector.map((value) => value / Math.hypot(...vector));
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
  const lookOf = (feature: Float32Array) => {
    const likely = vectorsOf(contrast).map((noun) => Math.exp(4 * dot(feature, noun)));
    const total = likely.reduce((sum, one) => sum + one, 0);
    const centred = unit(Array.from(feature, (value, i) => value - middle[i]));
    return unit([...likely.map((one) => Math.sqrt(one / total)), ...centred]);
  };
  const looks = vectorsOf(shown).map(lookOf);
  const common = unit(looks[0].map((_, i) => looks.reduce((sum, look) => sum + look[i], 0)));
  const others = vectorsOf(unlike).map(lookOf);
  const expected = vectorsOf(seen).map((feature) => {
    const look = lookOf(feature);
    const cosine = dot(look, common);
    const nearest = Math.max(cosine, ...looks.map((one) => dot(look, one)));
    return others.some((other) => dot(look, other) > nearest) ? 0 : Math.max(cosine, 0) ** 2;
  });
  expect(expected.filter((one) => one > 0).length).toBeGreaterThan(5);
  expect(expected.filter((one) => one === 0).length).toBeGreaterThan(5);
  answers.forEach((answer, i) => {
    expect(answer).toBeCloseTo(expected[i], 5);
  });
});
