import { join } from 'node:path';
import {
  type FileInWriting,
  writeAtomically,
  writeTextAtomically,
} from '../../src/files/atomicFile.js';
import type { StoredRecord } from '../finehard.js';
import { attributeValues, heldOutPairs } from './attributes.js';
import { styles, things } from './catalogue.js';
import { categories, splits, stylesOf } from './options.js';
import { pairCategories, pairsOf } from './pairs.js';
import {
  type PartAnnotation,
  type PartPicture,
  type PartSource,
  partLength,
  readPart,
} from './parts.js';
import { packageVersion } from './sprites.js';

/** Sizes of a data set. */
export interface DatasetSummary {
  pictures: number;
  objects: number;
}

/** Writes the files of a data set whose parts are all there; `dataset.json` is the last. */
export async function writeDataset(source: PartSource): Promise<DatasetSummary> {
  const { folder, options } = source;
  await writeRecords(source, 'finehard.json', ({ record }) => record);
  await writeRecords(source, 'captions.json', ({ record }) => ({ ...record, bbox_info: [] }));
  const objects = await writeAnnotations(source, 'annotations.json', categories, (object) => [
    object,
  ]);
  await writeAnnotations(source, 'pairs.json', pairCategories, (object) =>
    pairsOf(object).map((category_id) => {
      const { bbox, area, iscrowd } = object;
      return { category_id, bbox, area, iscrowd };
    }),
  );
  const summary = { pictures: options.count, objects };
  const description = { ...summary, options, ...describeDataset(options.styles) };
  await writeTextAtomically(
    join(folder, 'dataset.json'),
    `${JSON.stringify(description, null, 2)}\n`,
  );
  return summary;
}

/** Writes a file of FineHARD records. */
async function writeRecords(
  source: PartSource,
  name: string,
  recordOf: (picture: PartPicture) => StoredRecord,
): Promise<void> {
  await writeAtomically(join(source.folder, name), async (file) => {
    await file.writeFile('[\n');
    await writeEntries(source, file, (picture) => [JSON.stringify(recordOf(picture))]);
    await file.writeFile('\n]\n');
  });
}

/**
 * Writes a COCO annotation file of all pictures.
 * @param annotationsOf what is annotated of an object, but for the numbers.
 * @returns the number of annotations
 */
async function writeAnnotations(
  source: PartSource,
  name: string,
  categories: readonly { id: number; name: string }[],
  annotationsOf: (object: PartAnnotation) => object[],
): Promise<number> {
  const { folder, options } = source;
  const [width, height] = options.size;
  let count = 0;
  await writeAtomically(join(folder, name), async (file) => {
    const info = { description: `fgdet scenes, split ${options.split}, seed ${options.seed}` };
    await file.writeFile(`{"info": ${JSON.stringify(info)},\n`);
    await file.writeFile(`"categories": ${JSON.stringify(categories)},\n"images": [\n`);
    await writeEntries(source, file, ({ file: file_name }, i) => [
      JSON.stringify({ id: i + 1, file_name, width, height }),
    ]);
    await file.writeFile('\n],\n"annotations": [\n');
    await writeEntries(source, file, ({ annotations }, i) =>
      annotations
        .flatMap(annotationsOf)
        .map((annotation) => JSON.stringify({ id: ++count, image_id: i + 1, ...annotation })),
    );
    await file.writeFile('\n]}\n');
  });
  return count;
}

/** Everything that later work may ask about how a data set was made. */
function describeDataset(used: readonly string[]) {
  return {
    styles: styles
      .filter(({ name }) => used.includes(name))
      .map((style) => ({ ...style, version: packageVersion(style) })),
    things: things.map(({ name }) => name),
    attributes: attributeValues,
    splits: Object.fromEntries(
      splits.map((split) => [split, { styles: stylesOf(split), heldOutPairs: split !== 'train' }]),
    ),
    heldOutPairs,
  };
}

/** Writes the entries that every picture gives, a line each, reading one part at a time. */
async function writeEntries(
  { folder, options }: PartSource,
  file: FileInWriting,
  entriesOf: (picture: PartPicture, index: number) => string[],
): Promise<void> {
  let first = true;
  for (let part = 0; part * partLength < options.count; part++) {
    const pictures = await readPart(folder, part);
    const entries = pictures.flatMap((picture, i) => entriesOf(picture, part * partLength + i));
    if (entries.length === 0) continue;
    await file.writeFile((first ? '' : ',\n') + entries.join(',\n'));
    first = false;
  }
}
