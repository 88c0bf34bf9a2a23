import {
  averagePrecision,
  averageRecall,
  detectionsOf,
  evaluateBoxes,
  groundTruthOf,
  type ResultEntry,
  summarize,
  summarizeCategories,
} from '../../../eval/coco/index.js';

/** Two pictures with an object of each of two categories; boxes of 40 pixels' side. */
const truth = groundTruthOf({
  images: [{ id: 5 }, { id: 3 }],
  categories: [{ id: 20 }, { id: 10 }],
  annotations: [
    { image_id: 3, category_id: 10, bbox: [0, 0, 40, 40] },
    { image_id: 3, category_id: 20, bbox: [100, 0, 40, 40] },
    { image_id: 5, category_id: 10, bbox: [0, 0, 40, 40] },
    { image_id: 5, category_id: 20, bbox: [100, 0, 40, 40] },
  ],
});

const found = (image_id: number, category_id: number, x: number, score: number): ResultEntry => ({
  image_id,
  category_id,
  bbox: [x, 0, 40, 40],
  score,
});

test('means are over the categories that are selected', () => {
  const evaluation = evaluateBoxes(
    truth,
    detectionsOf([found(3, 10, 0, 0.9), found(5, 10, 0, 0.8), found(3, 20, 100, 0.7)]),
  );
  expect(evaluation.categoryIds).toEqual([10, 20]);
  expect(averagePrecision(evaluation, { categories: [0] })).toBeCloseTo(1, 12);
  // One of two objects: recalls 0, 0.01, … 0.5 are reached.
  expect(averagePrecision(evaluation, { categories: [1] })).toBeCloseTo(51 / 101, 12);
  expect(averagePrecision(evaluation)).toBeCloseTo((1 + 51 / 101) / 2, 12);
  expect(averageRecall(evaluation, { categories: [1] })).toBe(0.5);
  expect(averageRecall(evaluation, { categories: [] })).toBe(-1);
  expect(averageRecall(evaluation, { area: 'large' })).toBe(-1);
  expect(summarizeCategories(evaluation).map(({ id, AR }) => [id, AR])).toEqual([
    [10, 1],
    [20, 0.5],
  ]);
});

test('recall of regions, whatever they show, at any number of regions', () => {
  // The best region of each picture is of nothing; the classes of the others are wrong.
  const regions = [3, 5].flatMap((image) => [
    found(image, 10, 300, 0.9),
    found(image, 20, 0, 0.8),
    found(image, 10, 100, 0.7),
  ]);
  const evaluation = evaluateBoxes(truth, detectionsOf(regions), {
    classAgnostic: true,
    maxDetections: [1, 2, 300],
  });
  expect(evaluation.categoryIds).toEqual([-1]);
  const recalls = [1, 2, 300].map((maxDetections) => averageRecall(evaluation, { maxDetections }));
  expect(recalls).toEqual([0, 0.5, 1]);
  expect(summarize(evaluation)).toMatchObject({ AP: -1, AR1: 0, AR2: 0.5, AR300: 1, ARm: 1 });
  expect(averageRecall(evaluation, { maxDetections: 100 })).toBe(-1);
});

test('what was matched with what can be looked at', () => {
  const results = [found(5, 10, 2, 0.4), found(3, 20, 300, 0.9), found(3, 10, 0, 0.8)];
  const seen: unknown[] = [];
  evaluateBoxes(truth, detectionsOf(results), { iouThresholds: [0.5, 0.95] }, (matches) => {
    const { categoryId, count, rows, matched, objects } = matches;
    // The first area range takes every size.
    const [loose, strict] = [0, 1].map((t) => [...matched.slice(t * count, (t + 1) * count)]);
    seen.push({ categoryId, rows: [...rows], loose, strict, objects: objects[0] });
  });
  expect(seen).toEqual([
    { categoryId: 10, rows: [2, 0], loose: [0, 2], strict: [0, -1], objects: 2 },
    { categoryId: 20, rows: [1], loose: [-1], strict: [-1], objects: 2 },
  ]);
});

test.each([
  [
    'a detection on a picture that is not listed',
    [found(7, 10, 0, 1)],
    {},
    'Detection 0 is on image 7',
  ],
  ['no limits', [], { maxDetections: [] }, 'maxDetections must not be empty'],
  ['limits that fall', [], { maxDetections: [10, 1] }, 'maxDetections must rise'],
])('%s: an error', (_, results, parameters, message) => {
  expect(() => evaluateBoxes(truth, detectionsOf(results), parameters)).toThrow(message);
});
