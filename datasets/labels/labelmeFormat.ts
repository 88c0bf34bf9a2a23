import { posix, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { checkJson, parseJson } from '../../src/files/jsonFile.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { asScore, splitAttributes, without } from './attributes.js';
import { namedCategories } from './categories.js';
import type { ReadSet } from './checkedSet.js';
import { isFolder, labelPath, listFiles, readText, writeLabelFiles } from './labelFiles.js';
import {
  type LabelFileOptions,
  type LabelFormatDefinition,
  type ReadContext,
  restIn,
} from './labelFormat.js';
import type { Attributes, LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { originalBox, roundedBox } from './numbers.js';
import { interleave, type Placed } from './placed.js';

type Fields = Readonly<Record<string, unknown>>;

/** The version of labelme whose files these are like. */
const version = '5.1.1';

const position = z.number().min(-1e9).max(1e9);
const point = z.tuple([position, position]);
const shapeSchema = z.looseObject({
  label: z.string().min(1),
  points: z.array(point),
  shape_type: z.string().nullish(),
  flags: z.record(z.string(), z.unknown()).nullish(),
  description: z.string().nullish(),
});
const fileSchema = z.looseObject({
  shapes: z.array(shapeSchema),
  imagePath: z.string().min(1),
  imageWidth: z.int().positive().max(1e9),
  imageHeight: z.int().positive().max(1e9),
});
type Shape = z.output<typeof shapeSchema>;

/**
 * labelme: a JSON file for each picture, usually beside it. What is true or false of a box is a flag; its
 * score and other attributes are JSON in its description.
 */
export const labelmeFormat: LabelFormatDefinition = {
  name: 'labelme',
  folder: true,
  extension: '.json',
  scores: true,
  read: readLabelme,
  write: (set, output, options) => writeLabelFiles(labelmeFormat.fileOf!, set, output, options),
  fileOf: (image, set, options = {}) => {
    const path = labelPath(image.file, '.json', options.sameStem);
    return { path, text: `${JSON.stringify(contentOf(image, set, path, options), null, 2)}\n` };
  },
  shapes: ({ rest }) =>
    ((rest?.shapes as Placed<Shape>[]) ?? []).map(({ value }) => value.shape_type ?? 'polygon'),
};

async function readLabelme(
  path: string,
  { images: pictures, notes }: ReadContext,
): Promise<ReadSet> {
  const isWhole = await isFolder(path);
  const folder = isWhole ? path : posix.dirname(path);
  const files = isWhole ? await listFiles(path, /\.json$/i, notes) : [posix.basename(path)];
  const images: LabelledImage[] = [];
  for (const file of files) {
    const where = posix.join(folder, file);
    const value = parseJson(await readText(where), where);
    // Other JSON may lie in a folder of pictures.
    const isOther = isWhole && !(typeof value === 'object' && value !== null && 'shapes' in value);
    if (!isOther) images.push(imageOf(value, { file, folder, where, pictures }));
  }
  if (images.length === 0) throw new UserError(`${path} has no files of labelme.`);
  return { categories: namedCategories(images), images, format: 'labelme' };
}

interface Place {
  /** The file inside the folder of labels. */
  file: string;
  folder: string;
  where: string;
  pictures?: string;
}

function imageOf(value: unknown, place: Place): LabelledImage {
  const content = checkJson(value, fileSchema, place.where, 'a file of labelme');
  const { shapes, imagePath, imageWidth: width, imageHeight: height, ...rest } = content;
  const boxes: LabelledBox[] = [];
  const others: Placed<Shape>[] = [];
  shapes.forEach((shape) => {
    if (shape.shape_type === 'rectangle' && shape.points.length === 2) boxes.push(boxOf(shape));
    else others.push({ after: boxes.length, value: shape });
  });
  return {
    file: pictureAt(imagePath, place),
    width,
    height,
    boxes,
    rest: { ...rest, imagePath, ...(others.length > 0 && { shapes: others }) },
  };
}

/**
 * The picture's path inside the folder of pictures. Where that folder is not known, labels are taken to be
 * in folders like those of the pictures.
 */
function pictureAt(imagePath: string, { file, folder, pictures }: Place): string {
  const path = imagePath.includes('/') ? imagePath : imagePath.replaceAll('\\', '/');
  if (pictures !== undefined) {
    const absolute = resolve(folder, posix.dirname(file), path);
    const inside = relative(pictures, absolute).split(sep).join('/');
    if (!inside.startsWith('../') && resolve(inside) !== inside) return inside;
  }
  const beside = posix.join(posix.dirname(file), path);
  const leaves = beside.startsWith('../') || path.startsWith('../') || posix.isAbsolute(path);
  return leaves ? posix.join(posix.dirname(file), posix.basename(path)) : beside;
}

function boxOf({ label, points, flags, description, ...fields }: Shape): LabelledBox {
  const box = boundsOf(points);
  const found = described(description);
  const values = splitAttributes(flags ?? {});
  const attributes: Attributes = { ...values.attributes, ...found.attributes };
  const { shape_type: _, ...others } = fields;
  const isDefault = JSON.stringify(others) === JSON.stringify(defaults);
  const rest = {
    ...(!isDefault && { fields: others }),
    ...(values.others && { flags: values.others }),
    ...(found.text !== undefined && { description: found.text }),
    ...(found.others && { describedOthers: found.others }),
    ...(JSON.stringify(pointsOf(roundedBox(box))) !== JSON.stringify(points) && { points }),
  };
  return {
    label,
    box,
    ...(found.score !== undefined && { score: found.score }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

function boundsOf(points: readonly (readonly [number, number])[]): Xyxy {
  const [[x1, y1], [x2, y2]] = points;
  return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
}

function pointsOf([x1, y1, x2, y2]: Xyxy): [number, number][] {
  return [
    [x1, y1],
    [x2, y2],
  ];
}

interface Described {
  score?: number;
  attributes?: Attributes;
  others?: Fields;
  /** A person's words. */
  text?: string;
}

/** What a description says: JSON as it is written here, or a person's words. */
function described(description: string | null | undefined): Described {
  if (!description) return {};
  let value: unknown;
  try {
    value = JSON.parse(description);
  } catch {
    return { text: description };
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return { text: description };
  const { score, description: text, ...fields } = value as Record<string, unknown>;
  const isScore = asScore(score) !== undefined;
  const split = splitAttributes({ ...fields, ...(!isScore && score !== undefined && { score }) });
  return {
    ...split,
    ...(isScore && { score: score as number }),
    ...(text !== undefined && { text: String(text) }),
  };
}

const defaults = { group_id: null };

function contentOf(
  image: LabelledImage,
  set: Pick<LabelSet, 'format'>,
  path: string,
  options: LabelFileOptions,
) {
  const rest = restIn('labelme', set);
  const { shapes, imagePath, version: own, flags, imageData, ...others } = rest(image);
  const boxes = image.boxes.map((box) => shapeOf(box, rest(box)));
  return {
    version: own ?? version,
    flags: flags ?? {},
    shapes: interleave<unknown>(boxes, shapes as Placed<unknown>[] | undefined),
    imagePath: pathTo(image.file, path, imagePath as string | undefined, options),
    imageData: imageData ?? null,
    imageHeight: image.height,
    imageWidth: image.width,
    ...others,
  };
}

/** From the file's folder to the picture, where both are known; else as if they were in the same folder. */
function pathTo(
  file: string,
  path: string,
  own: string | undefined,
  { images, output }: LabelFileOptions,
): string {
  if (images !== undefined && output !== undefined) {
    const from = resolve(output, posix.dirname(path));
    return relative(from, resolve(images, file)).split(sep).join('/');
  }
  const name = posix.basename(file);
  return own !== undefined && own.split(/[\\/]/).at(-1) === name ? own : name;
}

function shapeOf({ label, box, score, attributes = {} }: LabelledBox, rest: Fields): Fields {
  const isFlag = ([, value]: [string, unknown]) => typeof value === 'boolean';
  const entries = Object.entries(attributes);
  const flags = { ...Object.fromEntries(entries.filter(isFlag)), ...(rest.flags as Fields) };
  const values = {
    ...(score !== undefined && { score }),
    ...without(
      Object.fromEntries(entries.filter((entry) => !isFlag(entry))),
      ...(score === undefined ? [] : ['score']),
    ),
    ...(rest.describedOthers as Fields),
  };
  const text = rest.description as string | undefined;
  return {
    label,
    points: originalBox(rest.points, box, boundsOf) ?? pointsOf(roundedBox(box)),
    ...((rest.fields as Fields) ?? defaults),
    description: describe(values, text),
    shape_type: 'rectangle',
    flags,
  };
}

function describe(values: Fields, text: string | undefined): string {
  if (Object.keys(values).length === 0 && !(text && described(text).text !== text))
    return text ?? '';
  return JSON.stringify({ ...values, ...(text !== undefined && { description: text }) });
}
