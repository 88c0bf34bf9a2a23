import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelFormat, labelFormatNames } from '../../../datasets/labels/formats.js';
import type { LabelledBox, LabelSet } from '../../../datasets/labels/labelSet.js';
import { drawPictures } from './arbitraryLabels.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));

const image = { file: 'a/b.jpg', width: 640, height: 480, boxes: [] };
const boxes: LabelledBox[] = [
  {
    label: 'dog',
    box: [10.5, 20.25, 100, 200],
    score: 0.875,
    attributes: { truncated: true },
  },
  {
    label: 'a "cat" & co',
    box: [0, 0, 640, 480],
    score: 0.5,
    attributes: { pose: 'Left' },
  },
];
const images = [
  { ...image, boxes },
  { ...image, file: 'nothing here.png' },
];
const set = { categories: [{ name: 'dog' }, { name: 'a "cat" & co' }], images };
drawPictures(images, join(folder, 'photos'));

let count = 0;
async function through(name: string, given: LabelSet): Promise<LabelSet> {
  const format = labelFormat(name);
  const output = join(folder, String(count++), format.folder ? '' : `labels${format.extension}`);
  const options = { images: join(folder, 'photos') };
  await format.write(given, output, options);
  return format.read(output, options);
}

const pairs = labelFormatNames.flatMap((from) =>
  labelFormatNames.filter((to) => to !== from).map((to) => [from, to] as const),
);

test.each(pairs)('from %s to %s and back', async (from, to) => {
  const read = await through(from, await through(to, await through(from, set)));
  const hasScores = [from, to].every((name) => labelFormat(name).scores);
  const hasAttributes = ![from, to].includes('yolo');
  const sorted = [...read.images].toSorted((a, b) => (a.file < b.file ? -1 : 1));
  expect(sorted.map(({ file, width, height }) => ({ file, width, height }))).toEqual(
    images.map(({ file, width, height }) => ({ file, width, height })),
  );
  expect(sorted[1].boxes).toEqual([]);
  boxes.forEach((expected, i) => {
    const { label, box, score, attributes } = sorted[0].boxes[i];
    expect(label).toBe(expected.label);
    expected.box.forEach((side, j) => {
      expect(Math.abs(side - box[j])).toBeLessThan(0.01);
    });
    expect(score).toBe(hasScores ? expected.score : undefined);
    expect(attributes).toEqual(hasAttributes ? expected.attributes : undefined);
  });
});
