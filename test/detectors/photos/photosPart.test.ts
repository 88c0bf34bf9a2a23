import { BackgroundNames } from '../../../detectors/photos/background.js';
import { KnownNames } from '../../../detectors/photos/knownNames.js';
import { type NameRow, nameRow } from '../../../detectors/photos/nameRows.js';
import { PhotosPart } from '../../../detectors/photos/photosPart.js';
import type { PhotosQuery } from '../../../detectors/photos/photosQuery.js';
import { scoresOfGiven } from '../../../detectors/photos/regionFeatures.js';
import { RegionLooks } from '../../../detectors/photos/regionLooks.js';
import { parsePhotosSettings } from '../../../detectors/photos/settings.js';
import type { Xyxy } from '../../../src/geometry/boxes.js';
import type { FoundBox } from '../../../src/photos/decodeBoxes.js';

/** Each class is an axis: two of the boxes' network, "cat" and "dog", and three of crops. */
const classes = 5;
const [cat, dog, tabby, poodle, mug] = [0, 1, 2, 3, 4];
const axes = Float32Array.from({ length: classes ** 2 }, (_, i) =>
  i % (classes + 1) === 0 ? 1 : 0,
);
const name = (...likes: [axis: number, share: number][]): NameRow => {
  const text = new Float32Array(classes);
  for (const [axis, share] of likes) text[axis] = Math.sqrt(share);
  return nameRow(text, axes, { sharpness: 6, boxClasses: 2 });
};
const asking = (threshold: number, ...phrasings: NameRow[]) => ({
  query: { phrasings, negatives: [] as NameRow[] },
  threshold,
});

const boxOf = (box: Xyxy, scores: number[]): FoundBox => ({
  box,
  quality: Math.max(...scores),
  scores: Float32Array.from(scores),
});
const left = boxOf([0, 0, 0.4, 1], [0.8, 0.05]);
const right = boxOf([0.5, 0, 1, 1], [0.1, 0.6]);
const faint = boxOf([0.45, 0.4, 0.55, 0.6], [0.12, 0.1]);

/** Crops show a tabby on the left, a poodle on the right, a mug elsewhere. */
function looking(settings: object = {}, given?: { box: Xyxy; quality: number }[]) {
  const looked: number[] = [];
  const background = new BackgroundNames({
    names: ['everything', 'nothing'],
    vectors: new Float32Array(2 * classes),
    classes,
    sameMeaning: 0.6,
    // The first name outranks whatever shows a mug.
    rank: async (regions) =>
      Float32Array.from({ length: (2 * regions.length) / classes }, (_, i) =>
        i % 2 === 0 ? 3 * regions[(i / 2) * classes + mug] : 0,
      ),
  });
  const part = new PhotosPart([left, right, faint], given, 2, parsePhotosSettings(settings), {
    background,
    names: new KnownNames({
      own: ['cat', 'nothing'],
      background,
      rowOfOwn: (i) => name([i === 0 ? cat : dog, 1]),
      rowOfBackground: () => name([mug, 1]),
    }),
    looks: new RegionLooks(axes, new Float32Array(classes)),
    look: async (boxes) => {
      looked.push(boxes.length);
      return boxes.map(([x1, , x2]) => {
        const shown = x2 <= 0.4 ? tabby : x1 >= 0.5 ? poodle : mug;
        return Float32Array.from([tabby, poodle, mug], (one) => (one === shown ? 1 : 0));
      });
    },
  });
  return { part, looked };
}

const limits = { nms: 0.5, containment: 1 };
const boxesOf = (found: { box: Xyxy }[]) => found.map(({ box }) => box);

describe('find', () => {
  test('a class of the boxes’ network, a class of crops, and neither', async () => {
    const { part } = looking();
    const asked = [name([cat, 1]), name([poodle, 1]), name([mug, 1])].map((row) =>
      asking(0.4, row),
    );
    const [cats, poodles, mugs] = await part.find(asked, limits);
    expect(boxesOf(cats)).toEqual([left.box]);
    expect(boxesOf(poodles)).toEqual([right.box]);
    expect(mugs).toEqual([]);
    // s · f′ + q · p · f′, and what is like it by the way of e⁻⁶.
    expect(poodles[0].score).toBeCloseTo(0.6 + Math.exp(-6) * 0.7, 4);
  });

  test('only boxes that some prompt could reach are looked at closely, together and once', async () => {
    const { part, looked } = looking();
    await part.find([asking(0.7, name([tabby, 1]))], limits);
    expect(looked).toEqual([1]);
    await part.find([asking(0.3, name([poodle, 1])), asking(0.3, name([dog, 1]))], limits);
    expect(looked).toEqual([1, 1]);
    await part.find([asking(0, name([poodle, 1]))], limits);
    expect(looked).toEqual([1, 1, 1]);
    await part.find([asking(0, name([poodle, 1]))], limits);
    expect(looked).toHaveLength(3);
  });

  test('what is looked at for one prompt changes nothing for another', async () => {
    const rows = [name([cat, 0.7], [tabby, 0.3]), name([dog, 1]), name([mug, 0.5], [dog, 0.5])];
    const asked = rows.map((row) => asking(0.1, row));
    const together = await looking().part.find(asked, limits);
    for (const [i, one] of asked.entries()) {
      expect((await looking().part.find([one], limits))[0]).toEqual(together[i]);
    }
  });

  test('the best phrasing counts; a look-alike that fits better removes', async () => {
    const { part } = looking();
    const either = asking(0.4, name([mug, 1]), name([dog, 1]));
    expect(boxesOf((await part.find([either], limits))[0])).toEqual([right.box]);
    const pets = asking(0.4, name([cat, 0.5], [dog, 0.5]));
    expect(boxesOf((await part.find([pets], limits))[0])).toEqual([left.box, right.box]);
    const noDogs = { ...pets, query: { ...pets.query, negatives: [name([dog, 1])] } };
    expect(boxesOf((await part.find([noDogs], limits))[0])).toEqual([left.box]);
  });

  test('a box has so many names and no more', async () => {
    const { part } = looking({ namesPerRegion: 2 });
    const rows = [name([cat, 1]), name([tabby, 1]), name([cat, 0.5], [mug, 0.5])];
    const found = await part.find(
      rows.map((row) => asking(0.01, row)),
      limits,
    );
    const named = found.map((ones) => boxesOf(ones).some((box) => box === left.box));
    expect(named).toEqual([true, true, false]);
  });

  test('general names that fit better lower a score, unless the gate is open', async () => {
    const settings = { gateRank: 1, threshold: 0.1 };
    const mugs = [asking(0.1, name([mug, 1]))];
    const open = await looking(settings).part.find(mugs, { ...limits, gate: false });
    expect(open[0].map(({ box, score }) => ({ box, score }))).toEqual([
      { box: faint.box, score: expect.closeTo(0.12, 2) },
    ]);
    expect(await looking(settings).part.find(mugs, limits)).toEqual([[]]);
    const lower = [asking(0.01, name([mug, 1]))];
    const [[{ score }]] = await looking(settings).part.find(lower, limits);
    // One of two names fits better, where none may.
    expect(score).toBeCloseTo(0.1 * (1 - Math.log(2) / Math.log(3)), 6);
  });
});

test('given boxes take their scores from found ones near them, and no quality', async () => {
  const given = [{ box: [0, 0, 0.4, 0.8] as Xyxy, quality: 0.01 }];
  const { part } = looking({}, given);
  const [cats] = await part.find([asking(0.3, name([cat, 1]))], limits);
  expect(cats[0].score).toBeCloseTo(0.8 * (0.8 - 0.2) + 0.3 * Math.exp(-6), 2);
  const [among] = await looking()
    .part.among(given)
    .find([asking(0.3, name([cat, 1]))], limits);
  expect(among).toEqual(cats);
  expect(scoresOfGiven([0.41, 0, 0.44, 0.1], [left, right], 2)).toEqual(new Float32Array(2));
});

test('a region is told what it looks like among all names, each once, with the score of a prompt', async () => {
  const { part } = looking();
  const onLeft = await part.lookAlikes(left.box, 3);
  expect(onLeft[0].name).toBe('cat');
  expect(onLeft.map(({ name: known }) => known).sort()).toEqual(['cat', 'everything', 'nothing']);
  expect(onLeft[0].probability).toBeCloseTo(0.8 * 0.8 + 0.3 * Math.exp(-6), 2);
  const [first] = await part.lookAlikes(faint.box, 1);
  expect(first.name).toBe('everything');
});

describe('examples', () => {
  const looks = new RegionLooks(axes, new Float32Array(classes));
  /** What a box of another picture of the same things looks like. */
  const lookOf = async ({ box }: FoundBox) =>
    looks.common((await looking().part.looks([box], [])).shown);
  const exampleOf = async (box: FoundBox) => {
    const look = await lookOf(box);
    return { look, shown: [look], unlike: [] };
  };
  const find = async (query: PhotosQuery, threshold: number) => {
    const [found] = await looking().part.find([{ query, threshold }], limits);
    return found;
  };

  test('find what looks like them, better boxes with higher scores', async () => {
    const query = { phrasings: [], negatives: [] };
    const examples = await exampleOf(left);
    const found = await find({ ...query, examples }, 0.3);
    expect(boxesOf(found)).toEqual([left.box]);
    expect(found[0].score).toBeGreaterThan(0.9);
    const all = await find({ ...query, examples }, 0);
    const scoreOf = (box: Xyxy) => all.find((one) => one.box === box)!.score;
    expect(scoreOf(right.box)).toBeLessThan(0.3);
    const unlike = [await lookOf(left)];
    const against = { ...(await exampleOf(right)), unlike };
    expect(boxesOf(await find({ ...query, examples: against }, 0))).not.toContain(left.box);
    // Something that is shown in one example is not taken for what is not wanted.
    const shown = [await lookOf(right), await lookOf(left)];
    expect(boxesOf(await find({ ...query, examples: { ...against, shown } }, 0))).toContain(
      left.box,
    );
  });

  test('count as often as words do, each of them, and hide nothing that the words find', async () => {
    const scoreOf = async (phrasings: NameRow[], shown: FoundBox, count: number) => {
      const { look } = await exampleOf(shown);
      const examples = { look, shown: new Array(count).fill(look), unlike: [] };
      const asked = { phrasings, negatives: [], ...(count > 0 && { examples }) };
      const found = await find(asked, 0);
      return found.find(({ box }) => box === left.box)!.worth;
    };
    const a = [name([cat, 0.6])];
    const [words, alike] = [await scoreOf(a, left, 0), await scoreOf([], left, 1)];
    expect(alike).toBeGreaterThan(words);
    expect(await scoreOf(a, left, 1)).toBeCloseTo((words + alike) / 2);
    expect(await scoreOf(a, left, 3)).toBeCloseTo((words + 3 * alike) / 4);
    expect(await scoreOf(a, right, 3)).toBeCloseTo(words);
  });
});
