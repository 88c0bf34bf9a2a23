import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { labelFormat, labelFormatNames } from '../../../../datasets/labels/formats.js';
import type { LabelledImage } from '../../../../datasets/labels/labelSet.js';

// Writes the same labels in every format, and what they should be, for programs of others to read.
// node dist/test/datasets/labels/independent/writeSamples.js <folder>

const [folder] = process.argv.slice(2);
const images = join(folder, 'photos');
const dog = { label: 'dog', box: [33.333333, 44.444444, 155.55555, 166.666666] as const };
const list: LabelledImage[] = [
  {
    ...{ file: 'street/a photo.jpg', width: 320, height: 240 },
    boxes: [
      {
        ...{ label: 'dog', box: [10.5, 20.25, 100, 200], score: 0.875 },
        attributes: { truncated: true, age: 3 },
      },
      { label: 'a "cat" & <co>', box: [0, 0, 320, 240], score: 0.5, attributes: { pose: 'Left' } },
      dog,
    ],
  },
  { file: 'nothing.png', width: 100, height: 50, boxes: [] },
  {
    ...{ file: 'images/犬.png', width: 64, height: 48 },
    boxes: [{ label: 'yes', box: [1, 2, 30, 40], score: 1 }],
  },
];
const categories = ['dog', 'a "cat" & <co>', 'yes'].map((name) => ({ name }));

for (const { file, width, height } of list) {
  mkdirSync(dirname(join(images, file)), { recursive: true });
  const create = { width, height, channels: 3 as const, background: '#8ac' };
  await sharp({ create }).toFile(join(images, file));
}
for (const name of labelFormatNames) {
  const format = labelFormat(name);
  const output = join(folder, name, format.folder ? '' : `labels${format.extension}`);
  const options = { images, modelVersion: 'a model', labelStudio: { urlPrefix: '/photos/' } };
  await format.write({ categories, images: list }, output, options);
}
writeFileSync(join(folder, 'expected.json'), JSON.stringify(list, null, 1));
