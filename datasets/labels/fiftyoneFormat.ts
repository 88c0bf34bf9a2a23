import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { checkJson, readJson } from '../../src/files/jsonFile.js';
import type { Xywh, Xyxy } from '../../src/geometry/boxes.js';
import { asScore, splitAttributes, without } from './attributes.js';
import { idByName, namedCategories } from './categories.js';
import type { ReadSet } from './checkedSet.js';
import { picturesBeside } from './exportFolders.js';
import { fileOrIn, jsonLines, writeNamed, writePieces } from './labelFiles.js';
import {
  type LabelFormatDefinition,
  type LabelWriteOptions,
  type ReadContext,
  restIn,
} from './labelFormat.js';
import type { LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { originalBox, rounded, shareDecimals } from './numbers.js';
import type { Size } from './pictureSizes.js';
import type { ReadingNotes } from './readingNotes.js';
import { withoutExtension } from './stems.js';

type Fields = Readonly<Record<string, unknown>>;

const share = z.number().min(-2, 'must be a share of 0..1').max(3, 'must be a share of 0..1');
const detectionSchema = z.looseObject({
  label: z.union([z.string().min(1), z.int()]),
  bounding_box: z.tuple([share, share, share, share]),
  confidence: z.unknown().optional(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
});
const fileSchema = z.looseObject({
  classes: z.array(z.string().min(1)).nullish(),
  // Not a record of zod's, which leaves out a picture called __proto__.
  labels: z.custom<object>((value) => value !== null && typeof value === 'object', 'is no object'),
  pictures: z.unknown().optional(),
});
const picturesSchema = z.array(
  z.object({
    key: z.string(),
    file: z.string().min(1),
    width: z.number().max(1e9),
    height: z.number().max(1e9),
  }),
);
type Picture = z.output<typeof picturesSchema>[number];

/**
 * FiftyOne's `FiftyOneImageDetectionDataset`: `labels.json`, boxes by the paths of pictures without their
 * extension. Of a picture, FiftyOne's file says neither size nor whole name, so ours says them in
 * `pictures`, a field that FiftyOne does not look at; and `data.json` beside it tells FiftyOne where the
 * pictures are.
 */
export const fiftyoneFormat: LabelFormatDefinition = {
  name: 'fiftyone',
  folder: false,
  extension: '.json',
  scores: true,
  read: readFiftyone,
  pieces: labelPieces,
  write: writeFiftyone,
  shapes: ({ boxes }) =>
    boxes.flatMap(({ rest }) => ((rest?.fields as Fields)?.mask ? ['mask'] : [])),
};

/** @param path the file, or its folder */
async function readFiftyone(
  path: string,
  { pictures: index, notes }: ReadContext,
): Promise<ReadSet> {
  const file = await fileOrIn(path, 'labels.json');
  const content = checkJson(readJson(file), fileSchema, file, "FiftyOne's labels.json");
  const { classes, labels, pictures, ...others } = content;
  const listed = checkJson(pictures ?? [], picturesSchema, `${file}: pictures`, 'as written here');
  const entries = new Map<string, unknown>(Object.entries(labels));
  const unlabelled = [...entries.keys()].filter((key) => entries.get(key) === null);
  const known = listed.filter(({ key }) => entries.has(key) && entries.get(key) !== null);
  const found = new Set([...unlabelled, ...known.map(({ key }) => key)]);
  const unknown = [...entries.keys()].filter((key) => !found.has(key));
  index.suggest(picturesBeside(file));
  const images: LabelledImage[] = [];
  const unlisted = unknown.map((key): Pick<Picture, 'key' | 'file'> & Partial<Size> => ({
    key,
    file: key,
  }));
  for (const { key, file: name, ...size } of [...known, ...unlisted]) {
    const { width, height } = isSize(size) ? size : await index.sizeOf(name, file);
    const named = { key, file: name, width, height };
    images.push(imageOf(named, entries.get(key), { classes, file, notes }));
  }
  const rest = {
    ...others,
    ...(unlabelled.length > 0 && { unlabelled }),
    ...(classes ? {} : { unnumbered: true }),
  };
  return {
    categories: namedCategories(
      images,
      (classes ?? []).map((name) => ({ name })),
    ),
    images,
    format: 'fiftyone',
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function isSize(picture: Partial<Size>): picture is Size {
  return (picture.width ?? 0) > 0 && (picture.height ?? 0) > 0;
}

function imageOf(
  { key, file: name, width, height }: Picture,
  value: unknown,
  {
    classes,
    file,
    notes,
  }: { classes?: readonly string[] | null; file: string; notes: ReadingNotes },
): LabelledImage {
  const where = `${file}: labels[${JSON.stringify(key)}]`;
  const detections = checkJson(value, z.array(detectionSchema), where, 'a list of detections');
  const boxes = detections.map(({ label, ...fields }, i): LabelledBox => {
    const text = typeof label === 'string' ? label : classes?.[label];
    if (text === undefined) throw new UserError(`${where}[${i}].label: ${label} is no class.`);
    const { bounding_box: bounds, confidence, attributes, ...others } = fields;
    const split = splitAttributes(attributes ?? {});
    const score = asScore(confidence, notes);
    const box = boxOf(bounds, width, height);
    const isExact = boundsOf(box, width, height).every((side, j) => side === bounds[j]);
    const rest = {
      ...(!isExact && { bounds }),
      ...(split.others && { attributes: split.others }),
      ...(score === undefined && confidence !== undefined && { confidence }),
      ...(Object.keys(others).length > 0 && { fields: others }),
    };
    return {
      label: text,
      box,
      ...(score !== undefined && { score }),
      ...(split.attributes && { attributes: split.attributes }),
      ...(Object.keys(rest).length > 0 && { rest }),
    };
  });
  return { file: name, width, height, boxes, rest: { key } };
}

function boxOf([x, y, w, h]: Xywh, width: number, height: number): Xyxy {
  return [x * width, y * height, (x + w) * width, (y + h) * height];
}

function boundsOf([x1, y1, x2, y2]: Xyxy, width: number, height: number): Xywh {
  const [left, top] = [rounded(x1 / width, shareDecimals), rounded(y1 / height, shareDecimals)];
  return [
    left,
    top,
    rounded(x2 / width - left, shareDecimals),
    rounded(y2 / height - top, shareDecimals),
  ];
}

async function writeFiftyone(set: LabelSet, output: string, options: LabelWriteOptions = {}) {
  await writeNamed(output, labelPieces(set));
  // FiftyOne looks for it beside a labels.json.
  if (options.images !== undefined && basename(output) === 'labels.json') {
    await writePieces(join(dirname(output), 'data.json'), manifestPieces(set, options.images));
  }
}

function* labelPieces(set: LabelSet): Generator<string> {
  const rest = restIn('fiftyone', set);
  const { unlabelled = [], unnumbered, ...others } = rest(set);
  const places = set.categories.map((_, place) => place);
  const idOf = idByName(set.categories, places);
  yield '{\n';
  for (const [name, value] of Object.entries(others)) {
    yield `${JSON.stringify(name)}: ${JSON.stringify(value)},\n`;
  }
  const classes = unnumbered ? null : set.categories.map(({ name }) => name);
  yield `"classes": ${JSON.stringify(classes)},\n"labels": {`;
  let separator = '\n';
  for (const { key, image } of keyed(set)) {
    const detections = image.boxes.map((box) => {
      const label = unnumbered ? box.label : idOf(box.label, image);
      return detectionOf(box, label, image, rest(box));
    });
    yield `${separator}${JSON.stringify(key)}: ${JSON.stringify(detections)}`;
    separator = ',\n';
  }
  for (const key of unlabelled as string[]) {
    yield `${separator}${JSON.stringify(key)}: null`;
    separator = ',\n';
  }
  yield '\n},\n"pictures": [';
  yield* jsonLines(pictures());
  yield '\n}\n';

  function* pictures(): Generator<Picture> {
    for (const { key, image } of keyed(set)) {
      const { file, width, height } = image;
      yield { key, file, width, height };
    }
  }
}

/** Pictures with their keys: as FiftyOne numbers them, where two have the same path but for the extension. */
function* keyed(set: LabelSet): Generator<{ key: string; image: LabelledImage }> {
  const rest = restIn('fiftyone', set);
  const taken = new Set<string>();
  for (const image of set.images) {
    const stem = (rest(image).key as string | undefined) ?? withoutExtension(image.file);
    let key = stem;
    for (let i = 2; taken.has(key); i++) key = `${stem}-${i}`;
    taken.add(key);
    yield { key, image };
  }
}

function detectionOf(
  { box, score, attributes }: LabelledBox,
  label: string | number,
  { width, height }: LabelledImage,
  rest: Fields,
): Fields {
  const original = originalBox<Xywh>(rest.bounds, box, (bounds) => boxOf(bounds, width, height));
  const all = { ...attributes, ...(rest.attributes as Fields) };
  return {
    label,
    bounding_box: original ?? boundsOf(box, width, height),
    ...(score !== undefined && { confidence: score }),
    ...without(rest, 'bounds', 'attributes', 'fields'),
    ...(Object.keys(all).length > 0 && { attributes: all }),
    ...(rest.fields as Fields),
  };
}

function* manifestPieces(set: LabelSet, images: string): Generator<string> {
  let separator = '{\n';
  for (const { key, image } of keyed(set)) {
    yield `${separator}${JSON.stringify(key)}: ${JSON.stringify(resolve(images, image.file))}`;
    separator = ',\n';
  }
  yield separator === '{\n' ? '{}\n' : '\n}\n';
}
