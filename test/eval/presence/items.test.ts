import type { CocoResults } from '../../../datasets/cocoResults.js';
import { PresenceItems } from '../../../eval/presence/items.js';
import { localF1, presenceMeasures } from '../../../eval/presence/measures.js';
import { dataset, picture } from '../detection/dataset.js';

type Found = [image: number, category: number, box: number[], score: number];

const resultsOf = (found: readonly Found[]): CocoResults => ({
  count: found.length,
  imageIds: Float64Array.from(found, ([image]) => image),
  categoryIds: Float64Array.from(found, ([, category]) => category),
  boxes: Float64Array.from(found.flatMap(([, , box]) => box)),
  scores: Float64Array.from(found, ([, , , score]) => score),
});

const shown = dataset(
  ['cat', 'dog'],
  [
    picture(1, [
      [[0, 0, 20, 20], 0],
      [[10, 0, 30, 20], 0],
    ]),
    picture(2, []),
  ],
);
const [cat, dog] = shown.categories.map(({ id }) => id);

test('pairs make the sum of IoU largest, not each the best', () => {
  // The first box fits both cats, the second only the first cat: the best single pair would leave it alone.
  const results = resultsOf([
    [1, cat, [3, 0, 20, 20], 0.9],
    [1, cat, [-6, 0, 20, 20], 0.8],
  ]);
  const items = new PresenceItems([{ dataset: shown, results }]);
  expect(items.count).toBe(4);
  const [ofCats] = items.countsAt(0.5);
  expect(ofCats).toMatchObject({ objects: 2, detections: 2 });
  // IoU: 17 / 23 with the first cat and 13 / 27 with the second; 14 / 26 with the first.
  expect(ofCats.right.slice(0, 3)).toEqual([1, 0, 0]);
});

test('boxes below the threshold do not count, and those at it do', () => {
  const results = resultsOf([
    [1, cat, [0, 0, 20, 20], 0.5],
    [2, dog, [0, 0, 20, 20], 0.49],
  ]);
  const items = new PresenceItems([{ dataset: shown, results }]);
  expect(items.countsAt(0.5).map(({ detections }) => detections)).toEqual([1, 0, 0, 0]);
  expect(presenceMeasures(items.countsAt(0.5)).IL_MCC).toBeCloseTo(1, 5);
  expect(presenceMeasures(items.countsAt(0.4)).IL_MCC).toBeCloseTo(2 / Math.sqrt(2 * 3 * 2), 5);
});

test('of LVIS, pictures are asked for what was looked for and annotated in full', () => {
  const [first, second] = shown.images;
  const searched = {
    ...shown,
    images: [
      { ...first, negatives: [dog] },
      { ...second, negatives: [cat], notExhaustive: [cat] },
    ],
  };
  expect(new PresenceItems([{ dataset: searched, results: resultsOf([]) }]).count).toBe(2);
});

test('of several truths the best counts, item by item; they must ask for the same', () => {
  const other = dataset(['cat', 'dog'], [picture(1, [[[50, 50, 70, 70], 0]]), picture(2, [])]);
  const results = resultsOf([[1, cat, [50, 50, 20, 20], 1]]);
  const judge = (...sets: (typeof shown)[]) =>
    new PresenceItems(sets.map((dataset) => ({ dataset, results }))).countsAt(0.5);
  expect(localF1(judge(shown)[0])).toBe(0);
  expect(localF1(judge(shown, other)[0])).toBeCloseTo(1, 3);
  const fewer = dataset(['cat', 'dog'], [picture(1, [])]);
  expect(() => judge(shown, fewer)).toThrow(/only one has image 2 with category/);
});
