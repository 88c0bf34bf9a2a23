import { UserError } from '../../src/errors.js';
import { linksNotFollowed } from '../../src/files/filesBelow.js';
import { boxArea, clipBox, type Xyxy } from '../../src/geometry/boxes.js';
import { hasHalfCharacter } from '../../src/wholeText.js';
import type { LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import type { PictureIndex } from './pictureIndex.js';
import type { Size } from './pictureSizes.js';
import type { ReadingNotes } from './readingNotes.js';

/** A picture as a file has it: its size may be missing or wrong, and its boxes need not be boxes. */
export interface ReadImage extends Omit<LabelledImage, 'width' | 'height'>, Partial<Size> {
  /** The file that it is from, for messages. Default: what was read. */
  from?: string;
}

/** What a format's reader makes of a file. */
export interface ReadSet extends Omit<LabelSet, 'images' | 'notes'> {
  images: readonly ReadImage[];
}

/** Pixels that a side may lie outside the picture: shares and percentages are rounded, and stay as they were. */
const tolerance = 0.01;
const { abs } = Math;

/**
 * What was read, as labels: pictures by their paths in the folder of pictures and measured where the file does not say how
 * large they are, the corners of boxes in order and inside the picture. Boxes without an area are left out.
 * @param where the file or folder that was read, for messages.
 * @throws UserError for a size that is neither said nor can be measured
 */
export async function checkedSet(
  { images, ...set }: ReadSet,
  where: string,
  pictures: PictureIndex,
  notes: ReadingNotes,
): Promise<LabelSet> {
  const checked: LabelledImage[] = [];
  let missing = 0;
  let firstMissing = '';
  let together = 0;
  let firstTogether = '';
  pictures.keepApart(images.map(({ file }) => file));
  const byFile = new Map<string, LabelledImage & { boxes: LabelledBox[] }>();
  for (const { file: name, width, height, boxes, from = where, ...image } of images) {
    const size = sizeIn({ width, height }) ?? (await pictures.sizeOf(name, from));
    if (pictures.folder !== undefined && pictures.find(name) === undefined) {
      if (missing++ === 0) firstMissing = name;
    }
    const kept = boxes.flatMap((box) => checkedBox(box, size) ?? []);
    if (kept.length < boxes.length) {
      notes.leaveOut('box without an area', boxes.length - kept.length);
    }
    const file = pictures.fileOf(name);
    const same = byFile.get(file);
    if (same) {
      if (same.width !== size.width || same.height !== size.height) {
        throw new UserError(`${from}: ${file} is there twice, with different sizes.`);
      }
      same.boxes.push(...kept);
      if (together++ === 0) firstTogether = file;
      continue;
    }
    const whole = { file, ...size, ...image, boxes: [...kept] };
    byFile.set(file, whole);
    checked.push(whole);
  }
  if (missing > 0) {
    const more = missing > 1 ? `, and ${missing - 1} more` : '';
    notes.say(`Not in ${pictures.folder}: ${firstMissing}${more}.`);
    const links = pictures.linksNotFollowed;
    if (links > 0) notes.say(`${linksNotFollowed(links)} in ${pictures.folder}.`);
  }
  if (together > 0) {
    const more = together > 1 ? `, and ${together - 1} more` : '';
    notes.say(`Listed twice, so that their boxes are put together: ${firstTogether}${more}.`);
  }
  const sentences = notes.sentences();
  return { ...set, images: checked, ...(sentences.length > 0 && { notes: sentences }) };
}

function sizeIn({ width, height }: Partial<Size>): Size | undefined {
  const isSide = (side: number | undefined): side is number => side !== undefined && side > 0;
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

function checkedBox(box: LabelledBox, size: Size): LabelledBox | undefined {
  const inside = insideBox(box.box, size);
  return inside && (inside === box.box ? box : { ...box, box: inside });
}

/**
 * The part of a box that is in its picture, with its corners in order; the box itself where that is all of it.
 * @returns undefined for a box without an area there
 */
export function insideBox(box: Xyxy, { width, height }: Size): Xyxy | undefined {
  const [x1, y1, x2, y2] = box;
  const ordered: Xyxy = [
    ...([Math.min(x1, x2), Math.min(y1, y2)] as const),
    ...([Math.max(x1, x2), Math.max(y1, y2)] as const),
  ];
  const inside = clipBox(ordered, width, height);
  if (!(boxArea(inside) > 0)) return undefined;
  return inside.every((side, i) => abs(side - box[i]) <= tolerance) ? box : inside;
}

/** @throws UserError for a name that no file can hold */
export function checkName(name: string): void {
  if (!hasHalfCharacter(name)) return;
  throw new UserError(`No file can hold ${JSON.stringify(name)}: it has half a character.`);
}

/**
 * @throws UserError for a picture that no format can hold: without a size, or with a box that has no numbers or area,
 *   or a score that is no number; and for names with half a character
 */
export function checkWritable({ file, width, height, boxes }: LabelledImage): void {
  for (const name of [file, ...boxes.map(({ label }) => label)]) checkName(name);
  if (!(width > 0 && height > 0 && Number.isFinite(width * height))) {
    throw new UserError(`${file}: a picture of ${width} x ${height} pixels cannot be written.`);
  }
  const wrong = boxes.find(({ box }) => !(boxArea(box) > 0 && Number.isFinite(boxArea(box))));
  if (wrong) {
    throw new UserError(
      `${file}: the box of "${wrong.label}" at ${wrong.box.join(', ')} has no area and cannot be written.`,
    );
  }
  const unscored = boxes.find(({ score }) => score !== undefined && !Number.isFinite(score));
  if (unscored) {
    throw new UserError(
      `${file}: the score of "${unscored.label}" is ${unscored.score}, which cannot be written.`,
    );
  }
}
