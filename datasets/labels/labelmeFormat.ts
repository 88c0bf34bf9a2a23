import { posix, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { checkJson, parseJson } from '../../src/files/jsonFile.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { sizeOfBytes } from '../../src/images/sizeOfBytes.js';
import { asScore, splitAttributes, without } from './attributes.js';
import { namedCategories } from './categories.js';
import type { ReadImage, ReadSet } from './checkedSet.js';
import { picturesBeside } from './exportFolders.js';
import { isFolder, labelPath, listFiles, readText, writeLabelFiles } from './labelFiles.js';
import {
  type LabelFileOptions,
  type LabelFormatDefinition,
  type ReadContext,
  restIn,
} from './labelFormat.js';
import type { Attributes, LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { originalBox, rounded, roundedBox } from './numbers.js';
import {
  boundsOf,
  cornersOf,
  type Outline,
  outlineName,
  type Point,
  rotatedBoxOf,
} from './outline.js';
import type { PictureIndex } from './pictureIndex.js';
import { interleave, type Placed } from './placed.js';
import { withoutExtension } from './stems.js';

type Fields = Readonly<Record<string, unknown>>;

/** The version of labelme whose files these are like. */
const version = '5.1.1';

const position = z.number().min(-1e9).max(1e9);
const point = z.tuple([position, position]);
const side = z.number().max(1e9).nullish();
const shapeSchema = z.looseObject({
  label: z.string().min(1),
  points: z.array(point),
  shape_type: z.string().nullish(),
  flags: z.record(z.string(), z.unknown()).nullish(),
  description: z.string().nullish(),
});
const fileSchema = z.looseObject({
  shapes: z.array(shapeSchema),
  imagePath: z.string().nullish(),
  imageWidth: side,
  imageHeight: side,
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
  outlines: ['polygon', 'rotated box'],
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
  { images: folderOfPictures, pictures }: ReadContext,
): Promise<ReadSet> {
  const isWhole = await isFolder(path);
  const folder = isWhole ? path : posix.dirname(path);
  const files = isWhole ? await listFiles(path, /\.json$/i) : [posix.basename(path)];
  pictures.suggest(picturesBeside(path));
  const images: ReadImage[] = [];
  for (const file of files) {
    const where = posix.join(folder, file);
    const value = parseJson(await readText(where), where);
    // Other JSON may lie in a folder of pictures.
    const isOther = isWhole && !(typeof value === 'object' && value !== null && 'shapes' in value);
    const place = { file, folder, where, folderOfPictures, pictures };
    if (!isOther) images.push(await imageOf(value, place));
  }
  if (images.length === 0) throw new UserError(`${path} has no files of labelme.`);
  return { categories: namedCategories(images), images, format: 'labelme' };
}

interface Place {
  /** The file inside the folder of labels. */
  file: string;
  folder: string;
  where: string;
  folderOfPictures?: string;
  pictures: PictureIndex;
}

async function imageOf(value: unknown, place: Place): Promise<ReadImage> {
  const content = checkJson(value, fileSchema, place.where, 'a file of labelme');
  const { shapes, imagePath, imageWidth, imageHeight, ...rest } = content;
  const boxes: LabelledBox[] = [];
  const others: Placed<Shape>[] = [];
  shapes.forEach((shape) => {
    const drawn = drawnAs(shape);
    if (drawn) boxes.push(boxOf(shape, drawn));
    else others.push({ after: boxes.length, value: shape });
  });
  const size =
    imageWidth && imageHeight
      ? { width: imageWidth, height: imageHeight }
      : await sizeInside(rest.imageData, place.where);
  return {
    file: pictureOf(imagePath, place),
    from: place.where,
    ...size,
    boxes,
    rest: {
      ...rest,
      ...(imagePath && { imagePath }),
      ...(others.length > 0 && { shapes: others }),
    },
  };
}

/** That of the picture in the file, if there is one. */
async function sizeInside(imageData: unknown, where: string) {
  if (typeof imageData !== 'string' || imageData === '') return undefined;
  return sizeOfBytes(Buffer.from(imageData, 'base64'), `${where}: imageData`);
}

/** Where a shape is; undefined for a point, a line and what else is no object with a box around it. */
interface Drawn {
  outline?: Outline;
  /** How labelme calls a shape that is written so. */
  type: string;
}

/** X-AnyLabeling's rectangles have four points; its `rotation` is labelme's `oriented_rectangle`. */
function drawnAs({ points, shape_type: type }: Shape): Drawn | undefined {
  if (type === 'rectangle') {
    return points.length === 2 || points.length === 4 ? { type } : undefined;
  }
  if (type === 'oriented_rectangle' || type === 'rotation') {
    const rotated = rotatedBoxOf(points);
    if (rotated)
      return { outline: { kind: 'rotated box', ...rotated }, type: 'oriented_rectangle' };
  }
  const isPolygon = type === 'polygon' || type === undefined || type === null;
  return isPolygon && points.length >= 3
    ? { outline: { kind: 'polygon', parts: [points] }, type: 'polygon' }
    : undefined;
}

/** The picture that the file names or, where that is not found or none, the one that is called like the file. */
function pictureOf(imagePath: string | null | undefined, place: Place): string {
  const { file, pictures } = place;
  const stem = withoutExtension(file);
  const named = imagePath ? pictureAt(imagePath, place) : stem;
  return pictures.find(named) ?? pictures.find(stem) ?? named;
}

/**
 * The picture's path inside the folder of pictures. Where that folder is not known, labels are taken to be
 * in folders like those of the pictures.
 */
function pictureAt(imagePath: string, { file, folder, folderOfPictures: pictures }: Place): string {
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

function boxOf(
  { label, points, flags, description, shape_type, ...all }: Shape,
  { outline, type }: Drawn,
): LabelledBox {
  const box = boundsOf(points);
  const inDescription = described(description);
  // X-AnyLabeling's field.
  const { score: own, ...withoutScore } = all;
  const isOwnScore = inDescription.score === undefined && asScore(own) !== undefined;
  const fields = isOwnScore ? withoutScore : all;
  const found = isOwnScore ? { ...inDescription, score: own as number } : inDescription;
  const values = splitAttributes(flags ?? {});
  const attributes: Attributes = { ...values.attributes, ...found.attributes };
  const isDefault = JSON.stringify(fields) === JSON.stringify(defaults);
  const rest = {
    ...(!isDefault && { fields }),
    ...(isOwnScore && { ownScore: true }),
    ...(shape_type !== type && { shape_type }),
    ...(values.others && { flags: values.others }),
    ...(found.text !== undefined && { description: found.text }),
    ...(found.others && { describedOthers: found.others }),
    ...(JSON.stringify(pointsOf(box, outline)) !== JSON.stringify(points) && { points }),
  };
  return {
    label,
    box,
    ...(outline && { outline }),
    ...(found.score !== undefined && { score: found.score }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

/** The points of a shape, with at most two decimals. */
function pointsOf(box: Xyxy, outline: Outline | undefined): Point[] {
  if (isHeld(outline)) {
    const points = outline.kind === 'polygon' ? outline.parts[0] : cornersOf(outline);
    return points.map(([x, y]) => [rounded(x), rounded(y)]);
  }
  const [x1, y1, x2, y2] = roundedBox(box);
  return [
    [x1, y1],
    [x2, y2],
  ];
}

function isHeld(outline: Outline | undefined): outline is Exclude<Outline, { kind: 'mask' }> {
  return outline !== undefined && labelmeFormat.outlines!.includes(outlineName(outline));
}

function typeOf(outline: Outline | undefined): string {
  if (!isHeld(outline)) return 'rectangle';
  return outline.kind === 'polygon' ? 'polygon' : 'oriented_rectangle';
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

function shapeOf(
  { label, box, score, attributes = {}, outline }: LabelledBox,
  rest: Fields,
): Fields {
  const isFlag = ([, value]: [string, unknown]) => typeof value === 'boolean';
  const entries = Object.entries(attributes);
  const flags = { ...Object.fromEntries(entries.filter(isFlag)), ...(rest.flags as Fields) };
  const values = {
    ...(score !== undefined && !rest.ownScore && { score }),
    ...without(
      Object.fromEntries(entries.filter((entry) => !isFlag(entry))),
      ...(score === undefined ? [] : ['score']),
    ),
    ...(rest.describedOthers as Fields),
  };
  const text = rest.description as string | undefined;
  return {
    label,
    points: originalBox<Point[]>(rest.points, box, boundsOf) ?? pointsOf(box, outline),
    ...((rest.fields as Fields) ?? defaults),
    ...(rest.ownScore === true && score !== undefined && { score }),
    description: describe(values, text),
    shape_type: 'shape_type' in rest ? (rest.shape_type ?? undefined) : typeOf(outline),
    flags,
  };
}

function describe(values: Fields, text: string | undefined): string {
  if (Object.keys(values).length === 0 && !(text && described(text).text !== text))
    return text ?? '';
  return JSON.stringify({ ...values, ...(text !== undefined && { description: text }) });
}
