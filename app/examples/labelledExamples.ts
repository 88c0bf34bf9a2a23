import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { guessFormat, labelFormat } from '../../datasets/labels/formats.js';
import { UserError } from '../../src/errors.js';
import type { Box } from '../../src/geometry/boxes.js';
import { groupBy } from '../../src/groupBy.js';
import type { ExampleBox } from './exampleBox.js';

/** Boxes of one label that are looked at: more make it no better. */
const mostOfLabel = 50;
/** Boxes with a shorter side, in pixels, show too little to learn from where there are others. */
const leastSide = 24;

/**
 * The boxes of a label file of any format as examples of their labels.
 * @param source the file, or folder, and after a comma the folder of its pictures where that is another one.
 * @throws UserError naming the file and what is wrong with it, or a picture that is not there
 */
export async function labelledExamples(source: string): Promise<ExampleBox[]> {
  const comma = existsSync(source) ? -1 : source.lastIndexOf(',');
  const file = comma < 0 ? source : source.slice(0, comma);
  const given = comma < 0 ? undefined : source.slice(comma + 1);
  const format = labelFormat(await guessFormat(file));
  const set = await format.read(file, { images: given });
  const folder = given ?? (format.folder ? file : dirname(file));
  const boxes = [...set.images].flatMap((image) =>
    image.boxes.map(({ label, box: [xmin, ymin, xmax, ymax] }) => ({
      ...{ label, image: join(folder, image.file), box: { xmin, ymin, xmax, ymax } },
    })),
  );
  if (boxes.length === 0) throw new UserError(`${file} has no boxes to take as examples.`);
  const missing = boxes.find(({ image }) => !existsSync(image));
  if (missing) {
    throw new UserError(
      `${missing.image} is not there; say where the pictures of ${file} are: "${file},photos".`,
    );
  }
  return fewOfEachLabel(boxes);
}

/** So many boxes of each label as are looked at, from all over; not the smallest. */
export function fewOfEachLabel(boxes: readonly ExampleBox[]): ExampleBox[] {
  return [...groupBy(boxes, ({ label }) => label).values()].flatMap((all) => {
    const large = all.filter(({ box }) => shorterSide(box) >= leastSide);
    const ofLabel = large.length > 0 ? large : all;
    const step = Math.max(1, ofLabel.length / mostOfLabel);
    const count = Math.min(ofLabel.length, mostOfLabel);
    return Array.from({ length: count }, (_, i) => ofLabel[Math.floor(i * step)]);
  });
}

function shorterSide({ xmin, ymin, xmax, ymax }: Box): number {
  return Math.min(xmax - xmin, ymax - ymin);
}
