import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { labelFormat } from '../../datasets/labels/formats.js';
import type { LabelledImage } from '../../datasets/labels/labelSet.js';
import { UserError } from '../../src/errors.js';
import { makeFolder } from '../../src/files/makeFolder.js';
import { readTextSync } from '../../src/files/textFile.js';
import type { LoopOptions } from '../../training/loop.js';
import { parseNamesConfig } from '../../training/names/config.js';
import { trainNames } from '../../training/names/train.js';
import { type LabelDefinition, spoken } from './labelDefinitions.js';

export interface TeachOptions extends LoopOptions {
  /** The model to start from. Default: the one that ships. */
  model?: string;
  /** The folder of pictures. */
  images: string;
  /** The folder beside the labels, which gets a folder `names` and the boxes that it was taught by. */
  folder: string;
  /** Whether it begins anew, though the boxes are the same. */
  fresh?: boolean;
}

/**
 * Teaches a model for photographs the labels by pictures that people have gone through.
 * @returns the folder of the model; undefined when `signal` stopped it, after which the same call goes on.
 * @throws UserError for a model of another family, and where the pictures show none of the labels.
 */
export async function teachNames(
  pictures: readonly LabelledImage[],
  labels: readonly LabelDefinition[],
  { model, images, folder, fresh, ...options }: TeachOptions,
): Promise<string | undefined> {
  const named = new Map(labels.map((label) => [label.name, nameOf(label)]));
  const shown = pictures.map(({ file, width, height, boxes }) => ({
    ...{ file, width, height },
    boxes: boxes.map(({ label, box }) => ({ label: named.get(label) ?? spoken(label), box })),
  }));
  const names = new Set(shown.flatMap(({ boxes }) => boxes.map(({ label }) => label)));
  if (names.size === 0) {
    throw new UserError(
      '--learn names needs pictures that somebody has gone through, with boxes: fgdet serve --review.',
    );
  }
  makeFolder(folder);
  const annotations = join(folder, 'names.json');
  const before = existsSync(annotations) ? readTextSync(annotations) : undefined;
  const categories = [...names].map((name) => ({ name }));
  await labelFormat('coco').write({ categories, images: shown }, annotations, { images });
  const output = join(folder, 'names');
  const config = parseNamesConfig(
    {
      ...{ stage: 'names', ...(model !== undefined && { model }), output },
      data: [{ annotations, images, exif: 'shown' }],
    },
    'names.json',
  );
  const isSame = before === readTextSync(annotations) && !fresh;
  const { interrupted } = await trainNames(config, {
    ...options,
    start: isSame ? 'continue' : 'fresh',
  });
  return interrupted ? undefined : output;
}

/** A label's phrasings as synonyms of one name: "hard hat, safety helmet". */
function nameOf({ name, phrasings }: LabelDefinition): string {
  const nouns = phrasings.map((phrasing) => phrasing.replace(/^(an?|the)\s+/i, ''));
  return [...new Set(nouns)].join(', ').replaceAll(/,\s*,/g, ',') || spoken(name);
}
