import { type CocoImage, readCoco } from '../datasets/coco.js';
import { UserError } from '../src/errors.js';
import { boxArea, type Xyxy } from '../src/geometry/boxes.js';

export interface BoxChoice {
  /** Boxes with a shorter side, in pixels, are left out. */
  leastSide?: number;
  /** Names of categories whose boxes are left out. */
  without?: readonly string[];
}

/** A listed picture and its labelled boxes, in pixels. */
export interface BoxedImage {
  image: CocoImage;
  boxes: Xyxy[];
  /** The class of each box, an index into the class names. */
  classes: number[];
}

/**
 * The labelled boxes of a COCO annotation file, crowds and boxes without area left out.
 * @returns category names, underscores (LVIS) as spaces, and pictures whose `classes` are indices into them
 * @throws UserError naming the file and the field, or an annotation of an unknown image or category
 */
export function readBoxes(
  file: string,
  { leastSide = 0, without = [] }: BoxChoice = {},
): { pictures: BoxedImage[]; names: string[] } {
  const { images, categories } = readCoco(file);
  const unknown = without.find((name) => !categories.some((category) => category.name === name));
  if (unknown !== undefined) {
    throw new UserError(`${file} has no category ${JSON.stringify(unknown)} to leave out.`);
  }
  const pictures = images.map((image) => {
    const labelled = image.boxes.filter(
      ({ box, crowd, category, xywh: [, , width, height] }) =>
        !crowd &&
        boxArea(box) > 0 &&
        Math.min(width, height) >= leastSide &&
        !without.includes(categories[category].name),
    );
    return {
      image,
      boxes: labelled.map(({ box }) => box),
      classes: labelled.map(({ category }) => category),
    };
  });
  return {
    names: categories.map(({ name }) => name.replaceAll('_', ' ')),
    pictures: pictures.filter(({ boxes }) => boxes.length > 0),
  };
}
