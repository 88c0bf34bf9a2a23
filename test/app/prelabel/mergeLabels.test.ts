import fc from 'fast-check';
import { compareBoxes } from '../../../app/prelabel/compareLabels.js';
import { type FoundBox, mergeBoxes } from '../../../app/prelabel/mergeLabels.js';
import { uncertaintyOf } from '../../../app/prelabel/uncertainty.js';
import { boxIou, type Xyxy } from '../../../src/geometry/boxes.js';

const cat: Xyxy = [10, 10, 50, 50];
const nearCat: Xyxy = [12, 11, 51, 52];
const dog: Xyxy = [100, 100, 180, 160];
const found = (label: string, box: Xyxy, score = 0.8): FoundBox => ({ label, box, score });
const add = { mode: 'add', overlap: 0.5 } as const;
const replace = { mode: 'replace', overlap: 0.5 } as const;

describe('merging', () => {
  test('what is there stays, and what lies on it under the same label is not doubled', () => {
    const mine = { label: 'cat', box: cat, attributes: { occluded: true } };
    const merged = mergeBoxes(
      [mine],
      [],
      [found('cat', nearCat), found('kitten', nearCat), found('dog', dog)],
      add,
    );
    expect(merged).toEqual([
      mine,
      { ...found('kitten', nearCat), own: true },
      { ...found('dog', dog), own: true },
    ]);
  });

  test("a former run's boxes are known again, up to what files round, and only if nobody moved them", () => {
    const before = [
      { label: 'cat', box: [10.3, 10, 50, 50] as const },
      { label: 'dog', box: [100, 104, 180, 164] as const },
    ];
    const earlier = [found('cat', cat), found('dog', dog)];
    expect(mergeBoxes(before, earlier, [], add).map(({ own }) => own)).toEqual([true, undefined]);
    expect(
      mergeBoxes(before, earlier, [found('bird', cat)], replace).map(({ label }) => label),
    ).toEqual(['dog', 'bird']);
  });

  const side = fc.integer({ min: 0, max: 60 });
  const box = fc
    .tuple(side, side, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
    .map(([x, y, width, height]): Xyxy => [x, y, x + width, y + height]);
  const boxes = fc.array(
    fc.record({
      label: fc.constantFrom('a', 'b'),
      box,
      score: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 8 },
  );

  test('doing it twice changes nothing, and nothing that is there goes', () => {
    fc.assert(
      fc.property(boxes, boxes, (existing, more) => {
        const once = mergeBoxes(existing, [], more, add);
        expect(once.slice(0, existing.length)).toEqual(existing);
        const again = mergeBoxes(once, [], more, add).map(({ own: _, ...rest }) => rest);
        // A box that lay on no other may lie on one that was added with it.
        expect(again).toEqual(once.map(({ own: _, ...rest }) => rest));
      }),
    );
  });

  test('replacing what a run found by the same gives the same', () => {
    fc.assert(
      fc.property(boxes, boxes, (existing, more) => {
        const once = mergeBoxes(existing, [], more, add);
        const own = once.filter((one) => one.own);
        fc.pre(
          own.every(
            (one) =>
              !existing.some(({ label, box }) => label === one.label && boxIou(box, one.box) > 0),
          ),
        );
        const again = mergeBoxes(once, own, more, replace);
        expect(again).toEqual(once);
      }),
    );
  });
});

describe('comparing', () => {
  test('tells what agrees, what has another label, and what only one side has', () => {
    const existing = [
      { label: 'cat', box: cat },
      { label: 'dog', box: dog },
      { label: 'bird', box: [200, 10, 220, 30] as const },
    ];
    const compared = compareBoxes(existing, [
      found('cat', nearCat, 0.9),
      found('cat', cat, 0.6),
      found('wolf', dog, 0.7),
    ]);
    expect(compared.agreed).toEqual([{ label: 'cat', iou: boxIou(cat, nearCat), score: 0.9 }]);
    expect(compared.otherLabel).toEqual([{ existing: 'dog', found: 'wolf', score: 0.7, box: dog }]);
    expect(compared.onlyFound).toEqual([found('cat', cat, 0.6)]);
    expect(compared.onlyExisting).toEqual([existing[2]]);
  });
});

test('doubt is greatest where a box is as likely right as wrong', () => {
  expect(uncertaintyOf([])).toBe(0);
  expect(uncertaintyOf([{ score: 0.5 }, { score: 0.99 }])).toBe(1);
  expect(uncertaintyOf([{ score: 1 }, {}])).toBe(0);
  expect(uncertaintyOf([{ score: 0.9 }])).toBeCloseTo(uncertaintyOf([{ score: 0.1 }]), 10);
});
