import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically, writeTextAtomically } from '../../src/checkpoints/atomicFile.js';
import { attributeValues, heldOutPairs } from './attributes.js';
import { styles, things } from './catalogue.js';
import { categories, splits, stylesOf } from './options.js';
import { type PartPicture, type PartSource, partLength, readPart } from './parts.js';
import { packageVersion } from './sprites.js';

/** Sizes of a data set. */
export interface DatasetSummary {
  pictures: number;
  objects: number;
}

/** Writes the files of a data set whose parts are all there; `dataset.json` is the last. */
export async function writeDataset(source: PartSource): Promise<DatasetSummary> {
  const { folder, options } = source;
  await writeAtomically(join(folder, 'finehard.json'), async (file) => {
    await file.write('[\n');
    await writeEntries(source, file, ({ record }) => [JSON.stringify(record)]);
    await file.write('\n]\n');
  });
  let objects = 0;
  await writeAtomically(join(folder, 'annotations.json'), async (file) => {
    const info = { description: `fgdet scenes, split ${options.split}, seed ${options.seed}` };
    await file.write(`{"info": ${JSON.stringify(info)},\n`);
    await file.write(`"categories": ${JSON.stringify(categories)},\n"images": [\n`);
    const [width, height] = options.size;
    await writeEntries(source, file, ({ file: file_name }, i) => [
      JSON.stringify({ id: i + 1, file_name, width, height }),
    ]);
    await file.write('\n],\n"annotations": [\n');
    await writeEntries(source, file, ({ annotations }, i) =>
      annotations.map((annotation) => {
        objects++;
        return JSON.stringify({ id: objects, image_id: i + 1, ...annotation });
      }),
    );
    await file.write('\n]}\n');
  });
  const summary = { pictures: options.count, objects };
  const description = { ...summary, options, ...describeDataset(options.styles) };
  await writeTextAtomically(
    join(folder, 'dataset.json'),
    `${JSON.stringify(description, null, 2)}\n`,
  );
  return summary;
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
  file: FileHandle,
  entriesOf: (picture: PartPicture, index: number) => string[],
): Promise<void> {
  let first = true;
  for (let part = 0; part * partLength < options.count; part++) {
    const pictures = await readPart(folder, part);
    const entries = pictures.flatMap((picture, i) => entriesOf(picture, part * partLength + i));
    if (entries.length === 0) continue;
    await file.write((first ? '' : ',\n') + entries.join(',\n'));
    first = false;
  }
}
