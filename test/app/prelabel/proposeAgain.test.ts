import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { ExampleDetector } from '../../../app/examples/promptsWithExamples.js';
import { PrelabelRun } from '../../../app/prelabel/prelabel.js';
import { proposeAgain } from '../../../app/prelabel/proposeAgain.js';
import { Review, type ReviewBox } from '../../../app/prelabel/review.js';
import { type LabelFormatName, labelFormat } from '../../../datasets/labels/formats.js';
import type { DetectEachOptions, ExampleBoxes } from '../../../detectors/detector.js';
import type { EncodedImage } from '../../../detectors/encodedImage.js';
import type { Examples } from '../../../detectors/examples.js';
import { features } from '../../../detectors/features.js';
import type { Prompt } from '../../../detectors/prompts.js';
import { FakeDetector, files, makePictures, optionsOf, runWhole } from './fakeDetector.js';

let folder: string;
let images: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-propose-'));
  images = join(folder, 'photos');
  await makePictures(images);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Finds a cat elsewhere than the first run, and knows which examples it was shown. */
class LearningDetector extends FakeDetector implements ExampleDetector {
  readonly shown: [file: string, boxes: ExampleBoxes][] = [];
  /** Where it finds cats; undefined: where the first run did. */
  place: typeof elsewhere | undefined = elsewhere;
  /** Is called before a picture is looked at. */
  before = async (_file: string): Promise<void> => {};

  async encode(path: string): Promise<EncodedImage> {
    return { name: relative(images, path) } as unknown as EncodedImage;
  }

  async examplesIn(picture: EncodedImage, boxes: ExampleBoxes): Promise<Examples> {
    const { shown, unlike = [] } = boxes;
    this.shown.push([(picture as unknown as { name: string }).name, boxes]);
    const vectors = (count: number) => features(new Float32Array(2 * count).fill(Math.SQRT1_2), 2);
    const looks = { shown: vectors(shown.length), unlike: vectors(unlike.length) };
    return { model: 'fake', ...looks, others: vectors(0) };
  }

  override async *detectEach(
    sources: Iterable<string>,
    prompts: unknown,
    options: DetectEachOptions,
  ) {
    for await (const found of super.detectEach(sources, prompts, options)) {
      await this.before(relative(images, String(found.source)));
      const { place } = this;
      const detections = found.detections.map((one) => ({ ...one, box: place ?? one.box }));
      yield { ...found, detections };
    }
  }
}

const elsewhere = { xmin: 70, ymin: 50, xmax: 110, ymax: 79 };
const drawn: ReviewBox = { label: 'bird', box: { xmin: 60, ymin: 10, xmax: 90, ymax: 40 } };
const labelsIn = (boxes: readonly ReviewBox[]) => boxes.map(({ label }) => label);
/** Labels and places, to the digits that all formats have. */
const placed = (boxes: readonly ReviewBox[]) =>
  boxes.map(({ label, box }) => [label, ...Object.values(box).map((side) => Math.round(side))]);
const cat = (box: object) => ['cat', ...Object.values(box)];

/** Labels of a first run, of which a person has gone through two pictures: one cat stays, a bird comes, one cat goes. */
async function reviewed(format: LabelFormatName): Promise<Review> {
  const output = join(mkdtempSync(join(folder, 'labels-')), 'labels');
  const options = optionsOf(format, { images, output });
  await runWhole(options);
  const review = await Review.open(options.output);
  const [a, b] = [files.indexOf('a.png'), files.indexOf('b.png')];
  await review.save(a, [...review.boxes(a), drawn]);
  await review.save(b, []);
  return review;
}
const model = { name: 'fake', 'model sha256': 'abcdef' };

describe.each<LabelFormatName>(['coco', 'yolo'])('proposed again, in %s', (format) => {
  test('what was accepted and drawn is looked for, and only where nobody has looked', async () => {
    const review = await reviewed(format);
    const [a, b, c] = ['a.png', 'b.png', 'sub/c.png'].map((file) => files.indexOf(file));
    const before = placed(review.boxes(a));
    const detector = new LearningDetector(images);
    await proposeAgain(review, detector, { model });

    expect(detector.looked).toEqual(files.filter((file) => !['a.png', 'b.png'].includes(file)));
    const [prompts] = detector.asked as [Prompt[]];
    expect(
      prompts.map(({ label, phrasings, examples }) => [label, phrasings, examples?.shown.count]),
    ).toEqual([
      ['cat', ['a cat', 'kitten'], 1],
      ['dog', ['dog'], undefined],
      ['bird', [], 1],
    ]);
    expect(new Set(detector.shown.map(([file]) => file))).toEqual(new Set(['a.png']));

    // What a person has made stays; of the others the new box has taken the old one's place.
    expect(placed(review.boxes(a))).toEqual(before);
    expect(review.boxes(b)).toEqual([]);
    expect(placed(review.boxes(c))).toEqual([cat(elsewhere)]);
    expect(review.pictures.map(({ reviewed }) => reviewed)).toEqual([
      ...[true, true, false, false, false],
    ]);
    // And so it is in the files.
    const again = await Review.open(review.output);
    for (const index of files.keys()) {
      expect(placed(again.boxes(index))).toEqual(placed(review.boxes(index)));
    }
  });

  test('what a person saves meanwhile stays', async () => {
    const review = await reviewed(format);
    const c = files.indexOf('sub/c.png');
    const detector = new LearningDetector(images);
    detector.before = async (file) => {
      if (file === 'sub/empty.png') await review.save(c, [drawn]);
    };
    await proposeAgain(review, detector, { model });
    expect(labelsIn(review.boxes(c))).toEqual(['bird']);
    expect(review.pictures[c]).toMatchObject({ reviewed: true, boxes: 1 });
  });

  test('stopped, it has changed nothing', async () => {
    const review = await reviewed(format);
    const before = files.map((_, index) => review.boxes(index));
    const stop = new AbortController();
    const detector = new LearningDetector(images);
    detector.before = async () => stop.abort(new Error('stopped'));
    const round = proposeAgain(review, detector, { model, signal: stop.signal });
    await expect(round).rejects.toThrow('stopped');
    const again = await Review.open(review.output);
    expect(files.map((_, index) => again.boxes(index))).toEqual(before);
    // Neither the next one nor a run of the command is kept from beginning.
    const options = optionsOf(format, { images, output: review.output.replace(/\.json$/, '') });
    await PrelabelRun.open(options);
    await proposeAgain(again, new LearningDetector(images), { model });
    expect(placed(again.boxes(files.indexOf('sub/c.png')))).toEqual([cat(elsewhere)]);
  });
});

test('boxes that were moved by another program are examples, too; without any there is no round', async () => {
  const output = join(mkdtempSync(join(folder, 'labels-')), 'labels');
  const options = optionsOf('coco', { images, output });
  await runWhole(options);
  const fresh = await Review.open(options.output);
  await expect(proposeAgain(fresh, new LearningDetector(images), { model })).rejects.toThrow(
    /no box that somebody has accepted or drawn/,
  );

  const { read, write } = labelFormat('coco');
  const set = await read(options.output, { images });
  const moved = [...set.images].map((image) =>
    image.file === 'a.png'
      ? { ...image, boxes: [{ label: 'cat', box: [50, 20, 100, 70] as const }] }
      : image.file === 'b.png'
        ? { ...image, boxes: [] }
        : image,
  );
  await write({ ...set, images: moved }, options.output, { images });
  const review = await Review.open(options.output);
  const detector = new LearningDetector(images);
  await proposeAgain(review, detector, { model });
  expect(detector.shown).toEqual([
    ['a.png', { shown: [{ xmin: 50, ymin: 20, xmax: 100, ymax: 70 }], unlike: [] }],
  ]);
  // The picture was not gone through: it keeps the moved box, and gets what else is found.
  expect(review.boxes(0)).toMatchObject([
    { box: { xmin: 50, ymin: 20, xmax: 100, ymax: 70 } },
    { box: elsewhere },
  ]);
  // What was deleted does not come back, round after round.
  for (let round = 0; round < 2; round++) {
    const again = new LearningDetector(images);
    again.place = undefined;
    await proposeAgain(review, again, { model: { ...model, round } });
    expect(review.boxes(files.indexOf('b.png'))).toEqual([]);
    expect(review.boxes(files.indexOf('sub/c.png'))).toHaveLength(1);
  }
});
