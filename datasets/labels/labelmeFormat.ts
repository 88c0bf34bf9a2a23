import { posix, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { checkJson, parseJson } from '../../src/files/jsonFile.js';
import { readText } from '../../src/files/textFile.js';
import { sizeOfBytes } from '../../src/images/sizeOfBytes.js';
import { namedCategories } from './categories.js';
import type { ReadImage, ReadSet } from './checkedSet.js';
import { picturesBeside } from './exportFolders.js';
import { isFolder, labelPath, listFiles, writeLabelFiles } from './labelFiles.js';
import {
  type LabelFileOptions,
  type LabelFormatDefinition,
  type ReadContext,
  restIn,
} from './labelFormat.js';
import {
  boxOfShape,
  type LabelmeShape,
  labelmeOutlines,
  labelmeShapeSchema,
  shapeOfBox,
} from './labelmeShapes.js';
import type { LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import type { PictureIndex } from './pictureIndex.js';
import { interleave, type Placed } from './placed.js';
import type { ReadingNotes } from './readingNotes.js';
import { withoutExtension } from './stems.js';

/** The version of labelme whose files these are like. */
const version = '5.1.1';

const side = z.number().max(1e9).nullish();
const fileSchema = z.looseObject({
  shapes: z.array(labelmeShapeSchema),
  imagePath: z.string().nullish(),
  imageWidth: side,
  imageHeight: side,
});
/**
 * labelme: a JSON file for each picture, usually beside it. What is true or false of a box is a flag; its
 * score and other attributes are JSON in its description.
 */
export const labelmeFormat: LabelFormatDefinition = {
  name: 'labelme',
  folder: true,
  extension: '.json',
  scores: true,
  outlines: labelmeOutlines,
  read: readLabelme,
  write: (set, output, options) => writeLabelFiles(labelmeFormat.fileOf!, set, output, options),
  fileOf: (image, set, options = {}) => {
    const path = labelPath(image.file, '.json', options.sameStem);
    return { path, text: `${JSON.stringify(contentOf(image, set, path, options), null, 2)}\n` };
  },
  shapes: ({ rest }) =>
    ((rest?.shapes as Placed<LabelmeShape>[]) ?? []).map(
      ({ value }) => value.shape_type ?? 'polygon',
    ),
};

async function readLabelme(
  path: string,
  { images: folderOfPictures, pictures, notes }: ReadContext,
): Promise<ReadSet> {
  const isWhole = await isFolder(path);
  const folder = isWhole ? path : posix.dirname(path);
  const files = isWhole ? await listFiles(path, /\.json$/i, notes) : [posix.basename(path)];
  pictures.suggest(picturesBeside(path));
  const images: ReadImage[] = [];
  for (const file of files) {
    const where = posix.join(folder, file);
    const value = parseJson(await readText(where), where);
    // Other JSON may lie in a folder of pictures.
    const isOther = isWhole && !(typeof value === 'object' && value !== null && 'shapes' in value);
    const place = { file, folder, where, folderOfPictures, pictures, notes };
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
  notes: ReadingNotes;
}

async function imageOf(value: unknown, place: Place): Promise<ReadImage> {
  const content = checkJson(value, fileSchema, place.where, 'a file of labelme');
  const { shapes, imagePath, imageWidth, imageHeight, ...rest } = content;
  const boxes: LabelledBox[] = [];
  const others: Placed<LabelmeShape>[] = [];
  shapes.forEach((shape) => {
    const box = boxOfShape(shape, place.notes);
    if (box) boxes.push(box);
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

function contentOf(
  image: LabelledImage,
  set: Pick<LabelSet, 'format'>,
  path: string,
  options: LabelFileOptions,
) {
  const rest = restIn('labelme', set);
  const { shapes, imagePath, version: own, flags, imageData, ...others } = rest(image);
  const boxes = image.boxes.map((box) => shapeOfBox(box, rest(box)));
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
