import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import {
  guessFormat,
  type LabelFormatName,
  labelFormat,
  labelFormatNames,
} from '../../../datasets/labels/formats.js';
import type { Attributes, LabelledImage, LabelSet } from '../../../datasets/labels/labelSet.js';
import { stemOf } from '../../../datasets/labels/stems.js';
import { UserError } from '../../../src/errors.js';
import { contentOf, drawPictures, labelSets } from './arbitraryLabels.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;
function places(name: LabelFormatName) {
  const place = join(folder, `${name}-${runs++}`);
  const { folder: isFolder, extension } = labelFormat(name);
  const at = (what: string) => join(place, what, isFolder ? '' : `labels${extension}`);
  return { images: join(place, 'images of'), first: at('first'), second: at('second') };
}

/** Whether a set can be written: YOLO has one file for pictures of the same name but for the extension. */
function fits(name: LabelFormatName, { images }: { images: readonly LabelledImage[] }): boolean {
  return name !== 'yolo' || new Set(images.map(({ file }) => stemOf(file))).size === images.length;
}

async function readBack(name: LabelFormatName, set: LabelSet & { images: LabelledImage[] }) {
  const { images, first, second } = places(name);
  drawPictures(set.images, images);
  const format = labelFormat(name);
  await format.write(set, first, { images });
  const read = await format.read(first, { images, allPredictions: true });
  await format.write(read, second, { images });
  return { read, first, second };
}

/** Half a hundredth for what is written in pixels, and what six decimals are for YOLO. */
function tolerance(name: LabelFormatName, side: number): number {
  return name === 'yolo' ? side * 1.001e-6 : 0.0051;
}

/** What a format can hold of attributes. */
function held(name: LabelFormatName, attributes: Attributes = {}): Attributes | undefined {
  let entries = Object.entries(attributes);
  if (name === 'yolo') return undefined;
  if (name === 'voc') {
    entries = entries.flatMap(([key, value]): [string, string | boolean][] => {
      if (key === 'pose') return value === '' ? [] : [[key, String(value)]];
      if (key === 'truncated' && [true, 1, '1', 'true'].includes(value)) return [[key, true]];
      return [];
    });
  }
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

describe.each(labelFormatNames)('%s', (name) => {
  test('holds what it can, and writes it the same again', async () => {
    await fc.assert(
      fc.asyncProperty(labelSets, async (set) => {
        fc.pre(fits(name, set) && (set.images.length > 0 || !['voc', 'labelme'].includes(name)));
        const { read, first, second } = await readBack(name, set);
        // Paths from a folder to the pictures are the same from both; only YOLO's data.yaml says its own.
        const here = (path: string) => (text: string) =>
          text.replace(`path: "${path}"`, 'path: here');
        const [one, other] = [first, second].map((path) =>
          Object.entries(contentOf(path)).map(([key, text]) => [key, here(resolve(path))(text)]),
        );
        expect(other).toEqual(one);

        const inOrder = (images: Iterable<LabelledImage>) =>
          [...images].toSorted((a, b) => (a.file < b.file ? -1 : 1));
        const images = inOrder(read.images);
        expect(images.map(({ file }) => file)).toEqual(inOrder(set.images).map(({ file }) => file));
        inOrder(set.images).forEach(({ width, height, boxes }, i) => {
          expect(images[i]).toMatchObject({ width, height });
          const found = images[i].boxes;
          const order = name === 'label-studio' ? byAnswer(boxes) : boxes;
          expect(found.map(({ label }) => label)).toEqual(order.map(({ label }) => label));
          const scores = labelFormat(name).scores
            ? order.map(({ score }) => score)
            : order.map(() => undefined);
          expect(found.map(({ score }) => score)).toEqual(scores);
          order.forEach(({ box, attributes, outline }, j) => {
            const isHeld = labelFormat(name).outlines?.includes('polygon');
            expect(found[j].outline?.kind).toBe(isHeld ? outline?.kind : undefined);
            box.forEach((side, k) => {
              const most = tolerance(name, k % 2 === 0 ? width : height);
              expect(Math.abs(found[j].box[k] - side)).toBeLessThanOrEqual(most);
            });
            if (name !== 'cvat') expect(found[j].attributes).toEqual(held(name, attributes));
            else expect(texts(found[j].attributes)).toEqual(texts(attributes));
          });
        });
        if (!['voc', 'labelme'].includes(name)) {
          expect(read.categories.map((each) => each.name)).toEqual(
            set.categories.map((each) => each.name),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  test('is told by what it looks like', async () => {
    const boxes = [{ label: 'a', box: [1, 2, 3, 4] as const }];
    const image = { file: 'a.png', width: 10, height: 10, boxes };
    const { first } = await readBack(name, { categories: [{ name: 'a' }], images: [image] });
    expect(await guessFormat(first)).toBe(name);
  });

  test('pictures outside the folder have no place', async () => {
    const { first } = places(name);
    const images = [{ file: '../a.png', width: 10, height: 10, boxes: [] }];
    const writing = labelFormat(name).write({ categories: [], images }, first);
    if (labelFormat(name).folder) await expect(writing).rejects.toThrow(UserError);
    else await writing;
  });
});

/** Those without scores are annotations, which come first. */
function byAnswer<T extends { score?: number }>(boxes: readonly T[]): T[] {
  return [
    ...boxes.filter(({ score }) => score === undefined),
    ...boxes.filter(({ score }) => score !== undefined),
  ];
}

/** CVAT has one type for an attribute of a label; where several are met they are texts. */
function texts(attributes: Attributes = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, String(value)]));
}
