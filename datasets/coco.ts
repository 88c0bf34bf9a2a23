import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonEntries } from '../src/files/jsonEntries.js';
import { checkJson } from '../src/files/jsonFile.js';
import { type Xywh, type Xyxy, xywhToXyxy } from '../src/geometry/boxes.js';
import type { PictureSize } from '../src/images/orientation.js';
import { maskBox, maskOfSegmentation, type RunLengthMask } from '../src/masks/index.js';
import {
  ById,
  type CocoId,
  cocoIdSchema,
  type Identified,
  idInFile,
  numberedIds,
} from './cocoIds.js';
import type { ListedPicture } from './cocoImages.js';

export interface CocoCategory extends Identified {
  /** Its id, where the file has no name, which scoring does not need. */
  name: string;
  /** LVIS: rare, common or frequent. */
  frequency?: 'r' | 'c' | 'f';
}

/** An annotated object. */
export interface CocoBox {
  /** In pixels of the picture; it may have no area, or reach over the edges a little. */
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

export interface CocoImage extends ListedPicture {
  /** In the order of the file. */
  boxes: CocoBox[];
  /** Of LVIS: ids of categories that are known not to be in the picture. */
  negatives?: readonly number[];
  /** Of LVIS: ids of categories of which not every object is annotated. */
  notExhaustive?: readonly number[];
  /** Of SA-Co: what the picture is asked for; each entry is one such question. */
  phrase?: string;
  /** Of SA-Co: whether every thing that the phrase means is annotated. */
  exhaustive?: boolean;
}

/** What a COCO or LVIS annotation file says about pictures and boxes. */
export interface CocoDataset {
  /** The annotation file. */
  file: string;
  images: CocoImage[];
  categories: CocoCategory[];
  /** How many annotations were left out because their picture or category is not listed. */
  strays?: number;
}

/** Pixels that a file may speak of: products of larger numbers lose their meaning. */
const mostPixels = 1e9;
const side = z.number().min(0, 'must not be negative').max(mostPixels);
const position = z.number().min(-mostPixels).max(mostPixels);

/** x, y, width, height in pixels, as COCO has boxes. */
export const xywhSchema = z.tuple([position, position, side, side]);

/** x, y, width, height, or what stands for no box beside a mask: nothing, null, or an empty list. */
export const xywhBesideMask = z.preprocess(
  (box) => (box === null || (Array.isArray(box) && box.length === 0) ? undefined : box),
  xywhSchema.optional(),
);

const text = z.string().nullish().catch(undefined);
/** Sides that are no sides are as good as none: what needs them says that they are missing. */
const pictureSide = z.number().positive().max(mostPixels).optional().catch(undefined);
/** LVIS's fields mean something else in other files. */
const lvisList = z.array(cocoIdSchema).optional().catch(undefined);
/** 0 and 1, false and true. */
const flag = z
  .union([z.boolean(), z.int()], { error: 'must be 0 or 1' })
  .nullish()
  .transform((value) => Boolean(value));

const annotationSchema = z.object({
  image_id: cocoIdSchema,
  category_id: cocoIdSchema,
  bbox: xywhSchema,
  segmentation: z.unknown().optional(),
  area: z.number().min(0, 'must not be negative').nullish(),
  iscrowd: flag,
  ignore: flag,
});

const imageSchema = z.object({
  id: cocoIdSchema,
  file_name: text,
  // CVAT writes an empty one.
  coco_url: text,
  width: pictureSide,
  height: pictureSide,
  neg_category_ids: lvisList,
  not_exhaustive_category_ids: lvisList,
  text_input: text,
  is_instance_exhaustive: z
    .union([z.boolean(), z.int().transform(Boolean)])
    .nullish()
    .catch(undefined),
});

const categorySchema = z.object({
  id: cocoIdSchema,
  name: z.string().min(1),
  frequency: z.enum(['r', 'c', 'f']).optional().catch(undefined),
});

const namelessCategorySchema = categorySchema.extend({ name: text });
const maskedAnnotationSchema = annotationSchema.extend({ bbox: xywhBesideMask });

/** What files are checked against. */
function schemasFor({ masks, scoring }: Required<CocoReadOptions>) {
  return {
    images: imageSchema,
    categories: scoring ? namelessCategorySchema : categorySchema,
    annotations: masks ? maskedAnnotationSchema : annotationSchema,
  };
}

type Schemas = ReturnType<typeof schemasFor>;
type Field = keyof Schemas;
type Content = { [field in Field]: z.output<Schemas[field]>[] };

const fields: readonly Field[] = ['images', 'categories', 'annotations'];

export interface CocoReadOptions {
  /** Whether objects get their masks, which they must then have; boxes may then be missing. */
  masks?: boolean;
  /**
   * Whether the file is there to be scored against, so that only what scoring uses is asked for: no names, and no
   * annotation of a picture or category that is not listed, which is left out.
   */
  scoring?: boolean;
}

/**
 * Reads a COCO or LVIS annotation file (instances, with boxes). A picture of LVIS that has no `file_name`
 * is called as the last two parts of its `coco_url` say: "train2017/000000391895.jpg".
 * @throws UserError naming the file and the field; an annotation of a picture or category that is not
 *   listed, by its index; a picture whose polygons need a size that the file does not say
 */
export function readCoco(
  file: string,
  { masks = false, scoring = false }: CocoReadOptions = {},
): CocoDataset {
  const content = readContent(file, schemasFor({ masks, scoring }));
  const imageIds = numberedIds(content.images.map(({ id }) => id));
  const categoryIds = numberedIds(content.categories.map(({ id }) => id));
  const categoryOfId = indicesById(content.categories, `${file}: categories`);
  const categories = content.categories.map(({ id, name, ...rest }): CocoCategory => {
    return { ...categoryIds(id), name: name || String(id), ...rest };
  });
  const listed = (ids: readonly CocoId[] | undefined) =>
    ids?.flatMap((id) => categories[categoryOfId.get(id) ?? -1]?.id ?? []);
  const images = content.images.map(
    ({ id, width, height, ...rest }, i): CocoImage => ({
      ...{ ...imageIds(id), width, height, boxes: [] },
      file: imageFile(rest, scoring ? undefined : `${file}: images[${i}]`),
      negatives: listed(rest.neg_category_ids),
      notExhaustive: listed(rest.not_exhaustive_category_ids),
      ...(rest.text_input && {
        phrase: rest.text_input,
        exhaustive: rest.is_instance_exhaustive ?? true,
      }),
    }),
  );
  const imageOfId = indicesById(content.images, `${file}: images`);
  let strays = 0;
  content.annotations.forEach(({ image_id, category_id, iscrowd, ignore, ...rest }, i) => {
    const where = `${file}: annotations[${i}]`;
    const image = imageOfId.get(image_id);
    const category = categoryOfId.get(category_id);
    if (image === undefined || category === undefined) {
      const what = image === undefined ? `image ${image_id}` : `category ${category_id}`;
      if (!scoring) throw new UserError(`${where} refers to ${what}, which is not listed.`);
      strays++;
      return;
    }
    const mask = masks
      ? readMask(rest.segmentation, where, { image: images[image], list: file })
      : undefined;
    const bbox = rest.bbox ?? maskBox(mask!);
    images[image].boxes.push({
      ...{ box: xywhToXyxy(bbox), xywh: bbox, category },
      area: rest.area ?? bbox[2] * bbox[3],
      crowd: iscrowd,
      ...(ignore && { ignore }),
      ...(mask && { mask }),
    });
  });
  return { file, images, categories, ...(strays > 0 && { strays }) };
}

/**
 * The sides of a listed picture.
 * @param why what needs them: "polygons need them".
 * @throws UserError naming the picture where the file does not say them
 */
export function listedSize(image: ListedPicture, file: string, why: string): PictureSize {
  const { width, height } = image;
  if (width !== undefined && height !== undefined) return { width, height };
  const name = image.file === '' ? '' : ` (${image.file})`;
  throw new UserError(
    `${file}: image ${idInFile(image)}${name} has no width and height, and ${why}.`,
  );
}

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
 * @param picture its picture, and the file that lists it: polygons need the size.
 * @throws UserError saying what is wrong with it
 */
export function readMask(
  segmentation: unknown,
  where: string,
  picture?: { image: ListedPicture; list: string },
): RunLengthMask {
  const place = `${where}.segmentation`;
  const checked = checkJson(segmentation, segmentationSchema, place, "one of COCO's segmentations");
  try {
    return maskOfSegmentation(checked, 'counts' in checked ? noSize : sizeFor(place, picture));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${place}: ${(error as Error).message}`);
  }
}

function sizeFor(place: string, picture: { image: ListedPicture; list: string } | undefined) {
  if (!picture)
    throw new UserError(`${place}: polygons need the size of their picture; give runs.`);
  return listedSize(picture.image, picture.list, `its polygons (${place}) need them`);
}

/** Runs say the size themselves. */
const noSize: PictureSize = { width: 0, height: 0 };

function readContent(file: string, schemas: Schemas): Content {
  const found: { [field in Field]: unknown[] } = { images: [], categories: [], annotations: [] };
  const present = readJsonEntries(file, fields, (name, index, value) => {
    const field = name as Field;
    found[field].push(
      checkJson(value, schemas[field], `${file}: ${field}[${index}]`, 'as in COCO'),
    );
  });
  const missing = fields.find((field) => !present.has(field));
  if (missing) throw new UserError(`${file} is not a COCO annotation file: ${missing}: is missing`);
  return found as Content;
}

/** @param where for messages; a picture may be without a name where it is undefined. */
function imageFile(
  image: { file_name?: string | null; coco_url?: string | null },
  where: string | undefined,
): string {
  const file = image.file_name || image.coco_url?.split('/').slice(-2).join('/');
  if (!file && where) throw new UserError(`${where} has neither file_name nor coco_url.`);
  return file ?? '';
}

function indicesById(entries: readonly { id: CocoId }[], where: string): ById<number> {
  const indices = new ById<number>();
  entries.forEach(({ id }, i) => {
    const first = indices.add(id, i);
    if (first === undefined) return;
    throw new UserError(`${where}[${first}] and [${i}] have the same id, ${id}.`);
  });
  return indices;
}
