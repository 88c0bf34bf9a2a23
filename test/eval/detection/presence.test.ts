import type { DetectOptions } from '../../../detectors/detector.js';
import type { EncodedImage } from '../../../detectors/encodedImage.js';
import { areaUnderCurve, measurePresence } from '../../../eval/detection/presence.js';
import { dataset, picture } from './dataset.js';

test('the area is the share of pairs in the right order, ties counted half', () => {
  expect(areaUnderCurve([0.9, 0.4], [0.1, 0.4, 0.6])).toBeCloseTo((3 + 1 + 0.5) / 6);
  expect(areaUnderCurve([1], [0])).toBe(1);
  expect(areaUnderCurve([0, 0], [0])).toBe(0.5);
});

const things = dataset(
  ['cat', 'dog', 'mug'],
  [picture(1, [[[0, 0, 50, 50], 0]]), picture(2, [[[0, 0, 50, 50], 1]])],
);

/** Scores of cat, dog and mug in the two pictures; the gate takes away 0.3. */
const scores = [
  { cat: 0.8, dog: 0.5, mug: 0 },
  { cat: 0.6, dog: 0.75, mug: 0.45 },
];

function detectorWith(hasGate: boolean) {
  return {
    hasGate,
    settings: { threshold: 0.4 } as never,
    async *encodeEach() {
      for (const image of scores) yield image as unknown as EncodedImage;
    },
    async detect(encoded: unknown, [name]: readonly unknown[], { gate }: DetectOptions = {}) {
      const score =
        (encoded as Record<string, number>)[name as string] - (hasGate && gate ? 0.3 : 0);
      const box = { xmin: 0, ymin: 0, xmax: 1, ymax: 1 };
      return score > 0 ? [{ label: String(name), score, box }] : [];
    },
  };
}

test('each picture is asked for each name by itself, with the gate and without', async () => {
  const { measures } = (await measurePresence(detectorWith(true), things, '', { found: 0.5 }))!;
  expect(measures).toMatchObject({
    AUC: 1,
    found: 1,
    'false names': 0,
    'false names at 50 % found': 0,
    'threshold at 50 % found': expect.closeTo(0.5),
    'without gate: AUC': 1,
    'without gate: found': 1,
    'without gate: false names': 1.5,
    'without gate: false names at 50 % found': 0,
    'without gate: threshold at 50 % found': expect.closeTo(0.8),
    'present pairs': 2,
    'absent pairs': 4,
    count: 2,
  });
});

test("boxes are judged at the model's threshold, or at another, and with the gate", async () => {
  const judged = async (threshold?: number) =>
    (await measurePresence(detectorWith(true), things, '', { found: 0.5, threshold }))!.measures;
  // What there is is found, but where it is not: boxes are of one pixel.
  expect(await judged()).toMatchObject({ IL_MCC: expect.closeTo(1, 5), 'cgF1@0.5': 0 });
  // From 0.1 on, the dog of the first picture, the cat and the mug of the second are found too.
  expect(await judged(0.1)).toMatchObject({ IL_precision: expect.closeTo(2 / 5, 5) });
  expect(await judged(0.6)).toMatchObject({ IL_recall: 0 });
});

test('of phrases, each is asked of its own pictures, and every picture is looked at once', async () => {
  const listed = (
    id: number,
    file: string,
    phrase: string,
    objects: number,
    exhaustive = true,
  ) => ({
    ...{ id, file, phrase, exhaustive, width: 100, height: 100 },
    boxes: picture(id, Array(objects).fill([[0, 0, 1, 1], 0])).boxes,
  });
  const phrases = {
    ...dataset(['object'], []),
    images: [
      listed(1, 'a.jpg', 'cat', 1),
      listed(2, 'a.jpg', 'dog', 0),
      listed(3, 'b.jpg', 'dog', 1),
      listed(4, 'b.jpg', 'mug', 1, false),
    ],
  };
  const { measures, items } = (await measurePresence(detectorWith(false), phrases, '', {
    found: 1,
  }))!;
  expect(measures).toMatchObject({ 'present pairs': 3, 'absent pairs': 1, count: 2 });
  // Not every mug is annotated.
  expect(items.count).toBe(3);
  expect(measures).toMatchObject({
    IL_recall: expect.closeTo(1, 5),
    IL_precision: expect.closeTo(2 / 3, 5),
    'recall@0.5': expect.closeTo(1, 3),
  });
  const twice = { ...phrases, images: [...phrases.images, listed(9, 'a.jpg', 'cat', 0)] };
  await expect(measurePresence(detectorWith(false), twice, '', { found: 1 })).rejects.toThrow(
    /images 1 and 9 both ask a\.jpg for "cat"/,
  );
});

test('without a gate there is one answer', async () => {
  const { measures } = (await measurePresence(detectorWith(false), things, '', { found: 1 }))!;
  expect(Object.keys(measures).filter((name) => name.startsWith('without'))).toEqual([]);
  expect(measures).toMatchObject({ found: 1, 'threshold at 100 % found': 0.75 });
});
