import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonEntries } from '../src/files/jsonEntries.js';
import { checkJson } from '../src/files/jsonFile.js';
import { type Xywh, type Xyxy, xywhToXyxy } from '../src/geometry/boxes.js';
import { maskOfSegmentation, type RunLengthMask } from '../src/masks/index.js';

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
  /** Where masks were asked for. */
  mask?: RunLengthMask;
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

/** Pixels that a file may speak of: products of larger numbers lose their meaning. */
const mostPixels = 1e9;
const side = z.number().min(0, 'must not be negative').max(mostPixels);
const position = z.number().min(-mostPixels).max(mostPixels);

/** x, y, width, height in pixels, as COCO has boxes. */
export const xywhSchema = z.tuple([position, position, side, side]);

const entrySchemas = {
  images: z.object({
    id: z.int(),
    file_name: z.string().nullish(),
    // CVAT writes an empty one.
    coco_url: z.string().nullish(),
    width: z.number().positive().max(mostPixels),
    height: z.number().positive().max(mostPixels),
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
    bbox: xywhSchema,
    segmentation: z.unknown().optional(),
    area: z.number().min(0, 'must not be negative').optional(),
    iscrowd: z.int().default(0),
    ignore: z.int().default(0),
  }),
};

const segmentationSchema = z.union(
  [
    z.array(z.array(z.number())),
    z.object({
      size: z.tuple([z.int(), z.int()]),
      counts: z.union([z.string(), z.array(z.int())]),
    }),
  ],
  { error: 'must be polygons or runs, as in COCO' },
);

/**
 * The mask of a segmentation from a file.
 * @param where its place, for messages.
 * @throws UserError saying what is wrong with it
 */
export function readMask(
  segmentation: unknown,
  size: { height: number; width: number },
  where: string,
): RunLengthMask {
  const place = `${where}.segmentation`;
  const checked = checkJson(segmentation, segmentationSchema, place, "one of COCO's segmentations");
  try {
    return maskOfSegmentation(checked, size);
  } catch (error) {
    throw new UserError(`${place}: ${(error as Error).message}`);
  }
}

type Field = keyof typeof entrySchemas;
type Content = { [field in Field]: z.output<(typeof entrySchemas)[field]>[] };

const fields = Object.keys(entrySchemas) as Field[];

/**
 * Reads a COCO or LVIS annotation file (instances, with boxes). A picture of LVIS that has no `file_name`
 * is called as the last two parts of its `coco_url` say: "train2017/000000391895.jpg".
 * @param options.masks whether objects get their masks, which they must then have
 * @throws UserError naming the file and the field; an annotation of a picture or category that is not
 *   listed, by its index
 */
export function readCoco(file: string, { masks = false } = {}): CocoDataset {
  const content = readContent(file);
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
    const mask = masks && readMask(rest.segmentation, images[image], `${file}: annotations[${i}]`);
    images[image].boxes.push({
      ...{ box: xywhToXyxy(bbox), xywh: bbox, category, area },
      crowd: iscrowd !== 0,
      ...(ignore !== 0 && { ignore: true }),
      ...(mask && { mask }),
    });
  });
  return { file, images, categories: content.categories };
}

function readContent(file: string): Content {
  const found: { [field in Field]: unknown[] } = { images: [], categories: [], annotations: [] };
  const present = readJsonEntries(file, fields, (name, index, value) => {
    const field = name as Field;
    found[field].push(
      checkJson(value, entrySchemas[field], `${file}: ${field}[${index}]`, 'as in COCO'),
    );
  });
  const missing = fields.find((field) => !present.has(field));
  if (missing) throw new UserError(`${file} is not a COCO annotation file: ${missing}: is missing`);
  return found as Content;
}

function imageFile(
  image: { file_name?: string | null; coco_url?: string | null },
  where: string,
): string {
  const file = image.file_name || image.coco_url?.split('/').slice(-2).join('/');
  if (!file) throw new UserError(`${where} has neither file_name nor coco_url.`);
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
