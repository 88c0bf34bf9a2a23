import { statSync } from 'node:fs';
import { z } from 'zod';
import { type Xywh, type Xyxy, xywhToXyxy } from '../detectors/boxes.js';
import { UserError } from '../src/errors.js';
import { readJsonEntries } from '../src/jsonEntries.js';
import { checkJson, readJsonFile } from '../src/jsonFile.js';

export interface CocoCategory {
  id: number;
  name: string;
  /** LVIS: rare, common or frequent. */
  frequency?: 'r' | 'c' | 'f';
}

/** An annotated object. */
export interface CocoBox {
  /** In pixels of the picture as it is stored; it may have no area, or reach over the edges a little. */
  box: Xyxy;
  /** The same as the file has it: scores depend on the last bit, which corners lose. */
  xywh: Xywh;
  /** Index into the data set's categories. */
  category: number;
  /** In pixels: the mask's, where the file says it, else the box's. */
  area: number;
  /** Whether the box is around a group whose members have no boxes of their own. */
  crowd: boolean;
  /** Of LVIS: whether it need not be found. */
  ignore?: boolean;
}

export interface CocoImage {
  id: number;
  /** Path inside the folder of pictures. */
  file: string;
  /** In pixels, of the picture as it is stored. */
  width: number;
  height: number;
  /** In the order of the file. */
  boxes: CocoBox[];
  /** Of LVIS: ids of categories that are known not to be in the picture. */
  negatives?: readonly number[];
  /** Of LVIS: ids of categories of which not every object is annotated. */
  notExhaustive?: readonly number[];
}

/** What a COCO or LVIS annotation file says about pictures and boxes. */
export interface CocoDataset {
  /** The annotation file. */
  file: string;
  images: CocoImage[];
  categories: CocoCategory[];
}

const side = z.number().nonnegative();

const entrySchemas = {
  images: z.object({
    id: z.int(),
    file_name: z.string().min(1).optional(),
    coco_url: z.string().min(1).optional(),
    width: z.number().positive(),
    height: z.number().positive(),
    neg_category_ids: z.array(z.int()).optional(),
    not_exhaustive_category_ids: z.array(z.int()).optional(),
  }),
  categories: z.object({
    id: z.int(),
    name: z.string().min(1),
    frequency: z.enum(['r', 'c', 'f']).optional(),
  }),
  annotations: z.object({
    image_id: z.int(),
    category_id: z.int(),
    bbox: z.tuple([z.number(), z.number(), side, side]),
    area: side.optional(),
    iscrowd: z.int().default(0),
    ignore: z.int().default(0),
  }),
};

const contentSchema = z.object({
  images: z.array(entrySchemas.images),
  categories: z.array(entrySchemas.categories),
  annotations: z.array(entrySchemas.annotations),
});

type Content = z.output<typeof contentSchema>;
type Field = keyof Content;

const fileKind = 'a COCO annotation file';
const fields = Object.keys(entrySchemas) as Field[];

/** Larger files are read entry by entry: as a whole they would take gigabytes, or not fit a string. */
const mostWholeBytes = 2 ** 28;

/**
 * Reads a COCO or LVIS annotation file (instances, with boxes). A picture of LVIS that has no `file_name`
 * is called as the last two parts of its `coco_url` say: "train2017/000000391895.jpg".
 * @param options.mostWholeBytes files larger than this are read entry by entry, which is slower
 * @throws UserError naming the file and the field; an annotation of a picture or category that is not
 *   listed, by its index
 */
export function readCoco(file: string, options: { mostWholeBytes?: number } = {}): CocoDataset {
  const content = readContent(file, options.mostWholeBytes ?? mostWholeBytes);
  const images = content.images.map(
    ({ id, width, height, ...rest }, i): CocoImage => ({
      ...{ id, width, height, boxes: [] },
      file: imageFile(rest, `${file}: images[${i}]`),
      negatives: rest.neg_category_ids,
      notExhaustive: rest.not_exhaustive_category_ids,
    }),
  );
  const imageOfId = indicesById(images, `${file}: images`);
  const categoryOfId = indicesById(content.categories, `${file}: categories`);
  content.annotations.forEach(({ image_id, category_id, bbox, iscrowd, ignore, ...rest }, i) => {
    const image = imageOfId.get(image_id);
    const category = categoryOfId.get(category_id);
    if (image === undefined || category === undefined) {
      const what = image === undefined ? `image ${image_id}` : `category ${category_id}`;
      throw new UserError(`${file}: annotations[${i}] refers to ${what}, which is not listed.`);
    }
    const area = rest.area ?? bbox[2] * bbox[3];
    images[image].boxes.push({
      ...{ box: xywhToXyxy(bbox), xywh: bbox, category, area },
      crowd: iscrowd !== 0,
      ...(ignore !== 0 && { ignore: true }),
    });
  });
  return { file, images, categories: content.categories };
}

function readContent(file: string, most: number): Content {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= most) return readJsonFile(file, contentSchema, fileKind);
  const found: Partial<Record<Field, unknown[]>> = {};
  readJsonEntries(file, fields, (name, index, value) => {
    const field = name as Field;
    const entry = checkJson(
      value,
      entrySchemas[field],
      `${file}: ${field}[${index}]`,
      'as in COCO',
    );
    found[field] ??= [];
    found[field].push(entry);
  });
  const missing = fields.find((field) => !found[field]);
  if (missing) throw new UserError(`${file} is not ${fileKind}: ${missing}: is missing or empty`);
  return found as Content;
}

function imageFile(image: { file_name?: string; coco_url?: string }, where: string): string {
  const file = image.file_name ?? image.coco_url?.split('/').slice(-2).join('/');
  if (file === undefined) throw new UserError(`${where} has neither file_name nor coco_url.`);
  return file;
}

function indicesById(entries: readonly { id: number }[], where: string): Map<number, number> {
  const indices = new Map<number, number>();
  entries.forEach(({ id }, i) => {
    const first = indices.get(id);
    if (first !== undefined) {
      throw new UserError(`${where}[${first}] and [${i}] have the same id, ${id}.`);
    }
    indices.set(id, i);
  });
  return indices;
}
