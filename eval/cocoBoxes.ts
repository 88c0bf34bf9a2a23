import { readCoco } from '../datasets/coco.js';
import { boxArea } from '../src/geometry/boxes.js';
import type { LabelledPicture } from './boxClassification.js';

/**
 * The labelled boxes of a COCO annotation file, crowds and boxes without area left out.
 * @returns category names, underscores (LVIS) as spaces, and pictures whose `classes` are indices into them
 * @throws UserError naming the file and the field, or an annotation of an unknown image or category
 */
export function readBoxes(file: string): { pictures: LabelledPicture[]; names: string[] } {
  const { images, categories } = readCoco(file);
  const pictures = images.map((image) => {
    const labelled = image.boxes.filter(({ box, crowd }) => !crowd && boxArea(box) > 0);
    const { width, height } = image;
    return {
      file: image.file,
      boxes: labelled.map(
        ({ box: [x1, y1, x2, y2] }) =>
          [x1 / width, y1 / height, x2 / width, y2 / height] as [number, number, number, number],
      ),
      classes: labelled.map(({ category }) => category),
    };
  });
  return {
    names: categories.map(({ name }) => name.replaceAll('_', ' ')),
    pictures: pictures.filter(({ boxes }) => boxes.length > 0),
  };
}
