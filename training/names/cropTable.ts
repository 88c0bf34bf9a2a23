import { UserError } from '../../src/errors.js';
import { featureWidth } from '../../src/photos/cropArchitecture.js';
import type { DataPart } from '../order.js';
import type { NamedPictures } from './namedPictures.js';

/** The place of a name, for crops of background. */
export const noName = -1;

/** What is learnt from: a record is a box with its views, or a box of background. */
export interface CropTable {
  /** [crops, 1280] */
  features: Float32Array;
  /** [records]: a record's first crop. */
  crops: Uint32Array;
  /** [records]: how many crops it has. */
  views: Uint8Array;
  /** [records]: the place of its name, or `noName`. Records of a name stand together. */
  names: Int32Array;
  /** How many records show each name, in the order of the names; then how many show none. */
  counts: number[];
}

/**
 * Brings together what was seen in pictures.
 * @param seen of each picture, null where it could not be read.
 * @param views of each box.
 * @throws UserError for a name that no readable picture shows, and for a single one without anything else
 */
export function cropTable(
  { names, pictures }: NamedPictures,
  seen: readonly (Float32Array | null)[],
  views: number,
): CropTable {
  const records: { name: number; crop: number; views: number }[] = [];
  const parts = seen.filter((one) => one !== null);
  const crops = parts.reduce((sum, { length }) => sum + length, 0);
  const features = new Float32Array(crops);
  let crop = 0;
  for (const [picture, own] of seen.entries()) {
    if (!own) continue;
    features.set(own, crop * featureWidth);
    const end = crop + own.length / featureWidth;
    const { shows } = pictures[picture];
    for (const { name } of 'boxes' in shows ? shows.boxes : [shows]) {
      records.push({ name, crop, views });
      crop += views;
    }
    for (; crop < end; crop++) records.push({ name: noName, crop, views: 1 });
  }
  const last = (name: number) => (name === noName ? names.length : name);
  records.sort((a, b) => last(a.name) - last(b.name) || a.crop - b.crop);
  const counts = Array.from({ length: names.length + 1 }, () => 0);
  for (const { name } of records) counts[last(name)]++;
  const unseen = names.findIndex((_, name) => counts[name] === 0);
  if (unseen >= 0) {
    throw new UserError(`None of the pictures of ${JSON.stringify(names[unseen])} can be read.`);
  }
  if (names.length === 1 && counts[1] === 0) {
    throw new UserError(
      `The data show ${JSON.stringify(names[0])} and nothing else, so that what it is not cannot be learnt: the pictures have no ` +
        "room for background beside the boxes, or name no boxes. Add photographs of other things in COCO's layout as a second " +
        'source, with or without annotations, or a second name.',
    );
  }
  return {
    features,
    crops: Uint32Array.from(records, (record) => record.crop),
    views: Uint8Array.from(records, (record) => record.views),
    names: Int32Array.from(records, ({ name }) => name),
    counts,
  };
}

/**
 * How often an epoch shows the records of each name, and of none: with 1/√count, so that those of a rare one come up
 * more often; as many altogether as there are.
 */
export function classParts(counts: readonly number[]): DataPart[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.reduce((sum, count) => sum + Math.sqrt(count), 0);
  const parts: DataPart[] = [];
  let first = 0;
  for (const count of counts) {
    if (count > 0) parts.push({ first, count, weight: total / shares / Math.sqrt(count) });
    first += count;
  }
  return parts;
}
