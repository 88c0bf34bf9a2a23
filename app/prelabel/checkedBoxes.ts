import { join } from 'node:path';
import { type LabelFormatName, labelFormat } from '../../datasets/labels/formats.js';
import type { LabelStudioNames } from '../../datasets/labels/labelFormat.js';
import type { LabelledBox, LabelledImage } from '../../datasets/labels/labelSet.js';
import { xyxyToBox } from '../../src/geometry/boxes.js';
import type { ExampleBox } from '../examples/exampleBox.js';
import { fewOfEachLabel } from '../examples/labelledExamples.js';
import { mergeBoxes } from './mergeLabels.js';
import { reviewedPictures } from './reviewed.js';
import { isBeforeKept, labelsBefore, lastManifest, prelabelFolder } from './runState.js';

/** What people have made of the labels of a folder of pictures. */
export interface CheckedBoxes {
  /** Boxes that they have accepted, moved or drawn; of each label some. */
  shown: ExampleBox[];
  /**
   * Pictures that somebody has gone through, as the review or another program says it: no box is left that a run has made.
   * They show their boxes, and nothing else that is looked for.
   */
  pictures: LabelledImage[];
}

/**
 * Reads what people have checked: all boxes of pictures that were reviewed, and of others those that no run has made.
 * @param output the labels, and `format` theirs.
 * @param images the folder of pictures.
 * @throws UserError naming the file and what is wrong with it
 */
export async function checkedBoxes(
  output: string,
  {
    images,
    format,
    labelStudio,
  }: { images: string; format: LabelFormatName; labelStudio?: LabelStudioNames },
): Promise<CheckedBoxes> {
  const folder = prelabelFolder(output);
  const read = () => labelFormat(format).read(output, { images, labelStudio });
  const set = isBeforeKept(folder) ? await labelsBefore(folder, read) : await read();
  const last = await lastManifest(folder);
  const reviewed = reviewedPictures(folder);
  const shown: ExampleBox[] = [];
  const pictures: LabelledImage[] = [];
  for (const image of set?.images ?? []) {
    const own = last?.pictures.get(image.file)?.boxes.filter((box) => box.own) ?? [];
    const checked = reviewed.has(image.file) ? image.boxes : ofPeople(image.boxes, own);
    const isWhole = checked.length > 0 && checked.length === image.boxes.length;
    if (isWhole || reviewed.has(image.file)) pictures.push(image);
    for (const { label, box } of checked) {
      shown.push({ label, image: join(images, image.file), box: xyxyToBox(box) });
    }
  }
  return { shown: fewOfEachLabel(shown), pictures };
}

/** Boxes that no run has made. @param own those of `boxes` that one has made, as it made them. */
function ofPeople(
  boxes: readonly LabelledBox[],
  own: readonly LabelledBox[],
): readonly LabelledBox[] {
  return mergeBoxes(boxes, own, [], { mode: 'replace', overlap: 1 }).filter(
    ({ score }) => score === undefined,
  );
}
