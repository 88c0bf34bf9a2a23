import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { readJsonEntries } from '../../src/files/jsonEntries.js';
import { checkJson } from '../../src/files/jsonFile.js';
import { type Xywh, type Xyxy, xywhToXyxy } from '../../src/geometry/boxes.js';
import { asScore, splitAttributes, without } from './attributes.js';
import { categoryIds, idByName } from './categories.js';
import type { ReadSet } from './checkedSet.js';
import { areaOf, bboxOf, outlineOf, segmentationOf } from './cocoSegmentation.js';
import { cocoFilesIn, picturesBeside } from './exportFolders.js';
import { isFolder, jsonLines, writeNamed } from './labelFiles.js';
import { type LabelFormatDefinition, type ReadContext, restIn } from './labelFormat.js';
import type { LabelCategory, LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { originalBox, pixelDecimals, roundedBox, roundedSize } from './numbers.js';
import type { Outline } from './outline.js';
import type { ReadingNotes } from './readingNotes.js';

type Entry = Readonly<Record<string, unknown>>;

const side = z.number().max(1e9).nullish();
const id = z.union([z.int(), z.string()]);
const number = z.number().min(-1e9).max(1e9);
const bboxSchema = z
  .union([z.tuple([number, number, number, number]), z.tuple([])], {
    error: 'must be [x, y, width, height]',
  })
  .nullish();
const schemas = {
  images: z.looseObject({
    id,
    file_name: z.string().nullish(),
    coco_url: z.string().nullish(),
    width: side,
    height: side,
  }),
  categories: z.looseObject({ id, name: z.string().min(1) }),
  annotations: z.looseObject({
    image_id: id,
    category_id: id.nullish(),
    bbox: bboxSchema,
    attributes: z.record(z.string(), z.unknown()).nullish(),
  }),
};
type Field = keyof typeof schemas;
type Content = { [field in Field]: z.output<(typeof schemas)[field]>[] };
const fields = Object.keys(schemas) as Field[];

/**
 * COCO's annotation files (instances), as CVAT and others write them too: `attributes` and, for what a model
 * found, `score` are fields of an annotation. A segmentation without a box has the box around it.
 */
export const cocoFormat: LabelFormatDefinition = {
  name: 'coco',
  folder: false,
  extension: '.json',
  scores: true,
  outlines: ['polygon', 'polygon of several parts', 'rotated box', 'mask'],
  read: async (path, context) => readCocoLabels(await cocoFile(path), context),
  pieces: cocoPieces,
  write: (set, output) => writeNamed(output, cocoPieces(set)),
  shapes: (image) => [
    ...image.boxes.filter(({ rest }) => isStrange(rest?.segmentation)).map(() => strange),
    ...image.boxes.filter(({ rest }) => rest?.iscrowd).map(() => 'mark of a crowd'),
    ...((image.rest?.annotations as Entry[]) ?? []).map(() => withoutBox),
  ],
};

const withoutBox = 'annotation without a box';
const strange = 'segmentation that is neither polygons nor a mask';

/** Whether a segmentation that was not understood is more than an empty one. */
function isStrange(segmentation: unknown): boolean {
  return Array.isArray(segmentation) ? segmentation.length > 0 : Boolean(segmentation);
}

/** @param path the file, or the folder that a tool exported */
async function cocoFile(path: string): Promise<string> {
  if (!(await isFolder(path))) return path;
  const [file, ...others] = cocoFilesIn(path);
  if (file === undefined) throw new UserError(`${path} has no COCO file in it.`);
  if (others.length === 0) return file;
  const names = [file, ...others].join(', ');
  throw new UserError(`${path} has several files of labels. Name one of them: ${names}.`);
}

function readCocoLabels(file: string, { pictures, notes }: ReadContext): ReadSet {
  const { rest, ...content } = readContent(file);
  pictures.suggest(picturesBeside(file));
  const images = content.images.map((image, i) => {
    const { file_name, width, height, ...others } = image;
    const name = file_name || image.coco_url?.split('/').slice(-2).join('/');
    if (!name) {
      throw new UserError(`${file}: images[${i}] has neither file_name nor coco_url.`);
    }
    const boxes: LabelledBox[] = [];
    const size = { width: width ?? undefined, height: height ?? undefined };
    return { file: name, ...size, boxes, rest: others as Record<string, unknown> };
  });
  const imageOfId = uniqueIds(content.images, `${file}: images`);
  const categoryOfId = uniqueIds(content.categories, `${file}: categories`);
  const names = content.categories.map(({ name }) => name);
  const firstOfName = new Map(names.map((name, i) => [name, i] as const).toReversed());
  content.annotations.forEach((annotation, i) => {
    const { image_id, category_id, bbox: written, segmentation, ...others } = annotation;
    const outline = outlineOf(segmentation);
    const bbox = written?.length === 4 ? written : outline && bboxOf(outline);
    const place = imageOfId.get(image_id);
    if (place === undefined) {
      throw new UserError(
        `${file}: annotations[${i}] refers to image ${image_id}, which is not listed.`,
      );
    }
    const { rest: imageRest, boxes } = images[place];
    if (bbox === undefined || category_id === undefined || category_id === null) {
      notes.passOver(withoutBox);
      imageRest.annotations ??= [];
      (imageRest.annotations as unknown[]).push(without(annotation, 'image_id'));
      return;
    }
    const category = categoryOfId.get(category_id);
    if (category === undefined) {
      throw new UserError(
        `${file}: annotations[${i}] refers to category ${category_id}, which is not listed.`,
      );
    }
    const fields = {
      ...others,
      ...(segmentation !== undefined && !outline && { segmentation }),
      // The name alone would give the first of them.
      ...(firstOfName.get(names[category]) !== category &&
        typeof category_id === 'number' && { category_id }),
    };
    boxes.push(boxOf({ label: names[category], outline, bbox, fields }, notes));
  });
  return {
    categories: content.categories.map(categoryOf),
    images,
    format: 'coco',
    ...(rest && { rest }),
  };
}

function categoryOf({ id, name, ...rest }: Content['categories'][number]): LabelCategory {
  const isNumber = typeof id === 'number';
  return { ...(isNumber && { id }), name, ...(Object.keys(rest).length > 0 && { rest }) };
}

interface Annotation extends Pick<LabelledBox, 'label' | 'outline'> {
  bbox: Xywh;
  fields: Entry;
}

function boxOf(
  { label, outline, bbox, fields: all }: Annotation,
  notes: ReadingNotes,
): LabelledBox {
  const { attributes, score: written, area, ...fields } = all;
  const box = xywhToXyxy(bbox);
  const split = splitAttributes((attributes as Entry) ?? {});
  const score = asScore(written, notes);
  const isExact = xywhOf(box).every((value, i) => value === bbox[i]);
  const isOwnArea =
    area !== undefined && !(Number(area) < 0) && area !== areaWritten(bbox, outline);
  const rest = {
    ...fields,
    ...(isOwnArea && { area }),
    ...(split.others && { attributes: split.others }),
    ...(score === undefined && written !== undefined && { score: written }),
    // An area that is said of the box holds as long as the box does.
    ...((!isExact || (isOwnArea && !outline)) && { bbox }),
  };
  return {
    label,
    box,
    ...(outline && { outline }),
    ...(score !== undefined && { score }),
    ...(split.attributes && { attributes: split.attributes }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function readContent(file: string): Content & { rest?: Entry } {
  const found: { [field in Field]: unknown[] } = { images: [], categories: [], annotations: [] };
  let rest: Entry | undefined;
  const present = readJsonEntries(
    file,
    fields,
    (name, index, value) => {
      const field = name as Field;
      const where = `${file}: ${field}[${index}]`;
      found[field].push(checkJson(value, schemas[field], where, 'as in COCO'));
    },
    (around) => {
      rest = without(around, ...fields);
    },
  );
  const missing = fields.find((field) => !present.has(field));
  if (missing) throw new UserError(`${file} is not a COCO annotation file: ${missing}: is missing`);
  return { ...(found as Content), rest };
}

/** Places by id. */
function uniqueIds<Id>(entries: readonly { id: Id }[], where: string): Map<Id, number> {
  const places = new Map<Id, number>();
  entries.forEach(({ id }, i) => {
    const first = places.get(id);
    if (first !== undefined) {
      throw new UserError(`${where}[${first}] and [${i}] have the same id, ${id}.`);
    }
    places.set(id, i);
  });
  return places;
}

function* cocoPieces(set: LabelSet): Generator<string> {
  const rest = restIn('coco', set);
  const ids = categoryIds(set.categories, 1);
  const free = freeIds(set, rest);
  const categories = set.categories.map((category, i) => {
    return { id: ids[i], name: category.name, ...rest(category) };
  });
  yield '{\n';
  for (const [name, value] of Object.entries(rest(set))) {
    yield `${JSON.stringify(name)}: ${JSON.stringify(value)},\n`;
  }
  yield '"images": [';
  yield* jsonLines(imageEntries(set, rest, free.image));
  yield ',\n"categories": [';
  yield* jsonLines(categories);
  yield ',\n"annotations": [';
  yield* jsonLines(annotationEntries(set, rest, free, idByName(set.categories, ids)));
  yield '\n}\n';
}

type RestOf = ReturnType<typeof restIn>;
interface FreeIds {
  image: number;
  annotation: number;
}

/** The first ids after those that pictures and annotations bring. */
function freeIds(set: LabelSet, rest: RestOf): FreeIds {
  let image = 0;
  let annotation = 0;
  const number = (id: unknown) => (typeof id === 'number' ? id : 0);
  for (const each of set.images) {
    image = Math.max(image, number(rest(each).id));
    for (const { id } of annotationsOf(each, rest)) annotation = Math.max(annotation, number(id));
  }
  return { image: image + 1, annotation: annotation + 1 };
}

function annotationsOf(image: LabelledImage, rest: RestOf): Entry[] {
  return [...image.boxes.map(rest), ...((rest(image).annotations as Entry[]) ?? [])];
}

function* imageEntries(set: LabelSet, rest: RestOf, next: number): Generator<Entry> {
  for (const image of set.images) {
    const { file, width, height } = image;
    const { id = next++, annotations: _, ...others } = rest(image);
    yield { id, file_name: file, width, height, ...others };
  }
}

function* annotationEntries(
  set: LabelSet,
  rest: RestOf,
  free: FreeIds,
  categoryId: ReturnType<typeof idByName>,
): Generator<Entry> {
  let { image: nextImage, annotation: next } = free;
  for (const image of set.images) {
    const { id: image_id = nextImage++, annotations = [] } = rest(image);
    for (const box of image.boxes) {
      const { id = next++, category_id = categoryId(box.label, image), ...others } = rest(box);
      const decimals = set.format === 'coco' ? undefined : pixelDecimals;
      yield { id, image_id, category_id, ...fieldsOf(box, others, decimals) };
    }
    for (const { id = next++, ...others } of annotations as Entry[])
      yield { id, image_id, ...others };
  }
}

/** `segmentation` is written even when there is none: many readers look at it without asking. */
function fieldsOf(
  { box, score, attributes, outline }: LabelledBox,
  others: Entry,
  decimals: number | undefined,
): Entry {
  const { bbox: original, attributes: otherAttributes, area, ...rest } = others;
  const kept = originalBox<Xywh>(original, box, xywhToXyxy);
  const bbox = kept ?? xywhOf(box);
  const allAttributes = { ...attributes, ...(otherAttributes as Entry) };
  return {
    bbox,
    area: kept || outline ? (area ?? areaWritten(bbox, outline)) : areaWritten(bbox, outline),
    iscrowd: 0,
    segmentation: outline ? segmentationOf(outline, decimals) : [],
    ...(score !== undefined && { score }),
    ...(Object.keys(allAttributes).length > 0 && { attributes: allAttributes }),
    ...rest,
  };
}

/** The area of an annotation, where its file does not say another. */
function areaWritten([, , width, height]: Xywh, outline: Outline | undefined): number {
  return roundedSize((outline && areaOf(outline)) ?? Math.abs(width * height));
}

function xywhOf(box: Xyxy): Xywh {
  const [x1, y1, x2, y2] = roundedBox(box);
  return [x1, y1, roundedSize(x2 - x1), roundedSize(y2 - y1)];
}
