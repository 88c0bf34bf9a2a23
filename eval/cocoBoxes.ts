import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/jsonFile.js';
import type { LabelledPicture } from './boxClassification.js';

const schema = z.object({
  images: z.array(
    z.object({
      id: z.int(),
      file_name: z.string().min(1),
      width: z.number().positive(),
      height: z.number().positive(),
    }),
  ),
  categories: z.array(z.object({ id: z.int(), name: z.string().min(1) })),
  annotations: z.array(
    z.object({
      image_id: z.int(),
      category_id: z.int(),
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      iscrowd: z.int().default(0),
    }),
  ),
});

/**
 * The labelled boxes of a COCO annotation file, crowds and boxes without area left out.
 * @returns category names, underscores (LVIS) as spaces, and pictures whose `classes` are indices into them
 * @throws UserError naming the file and the field, or an annotation of an unknown image or category
 */
export function readBoxes(file: string): { pictures: LabelledPicture[]; names: string[] } {
  const content = readJsonFile(file, schema, 'a COCO annotation file');
  const { images, categories, annotations } = content;
  const classOf = new Map(categories.map(({ id }, index) => [id, index]));
  const pictures = new Map(
    images.map((image) => [
      image.id,
      {
        image,
        boxes: [] as [number, number, number, number][],
        classes: [] as number[],
      },
    ]),
  );
  annotations.forEach(({ image_id, category_id, bbox, iscrowd }, index) => {
    const picture = pictures.get(image_id);
    const label = classOf.get(category_id);
    if (!picture || label === undefined) {
      const what = picture ? `category ${category_id}` : `image ${image_id}`;
      throw new UserError(`${file}: annotations[${index}] refers to ${what}, which is not listed.`);
    }
    const [x, y, width, height] = bbox;
    if (iscrowd || width <= 0 || height <= 0) return;
    const { image } = picture;
    picture.boxes.push([
      x / image.width,
      y / image.height,
      (x + width) / image.width,
      (y + height) / image.height,
    ]);
    picture.classes.push(label);
  });
  return {
    names: categories.map(({ name }) => name.replaceAll('_', ' ')),
    pictures: [...pictures.values()]
      .filter(({ boxes }) => boxes.length > 0)
      .map(({ image, boxes, classes }) => ({ file: image.file_name, boxes, classes })),
  };
}
