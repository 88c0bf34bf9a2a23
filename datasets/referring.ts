import { Parser } from 'pickleparser';
import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonEntries } from '../src/files/jsonEntries.js';
import { checkJson, parseJson } from '../src/files/jsonFile.js';
import { mostBytes, readWholeSync } from '../src/files/regularFile.js';
import { cannotRead, readTextSync } from '../src/files/textFile.js';
import { type Xyxy, xywhToXyxy } from '../src/geometry/boxes.js';
import { xywhSchema } from './coco.js';

/** A phrase that means one thing in a picture. */
export interface ReferringExpression {
  /** Path of the picture inside the image folder. */
  image: string;
  /** Its sides in pixels, where they are known. */
  width?: number;
  height?: number;
  phrase: string;
  /** What the phrase means, in pixels of the picture. */
  box: Xyxy;
}

export interface ReferringFiles {
  /** JSON lines `{image, sent, bbox: [x1, y1, x2, y2], width, height}`, or a pickle of RefCOCO, "refs(unc).p". */
  records: string;
  /** With a pickle, the COCO file beside it with pictures and boxes: "instances.json". */
  instances?: string;
  /** With a pickle, which part of it. */
  split?: string;
}

const text = z.string().min(1);
const side = z.number().positive().optional();
const lineSchema = z.object({
  image: text,
  sent: text,
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  width: side,
  height: side,
});

const refsSchema = z.array(
  z.object({
    ann_id: z.int(),
    split: z.string(),
    sentences: z.array(z.object({ sent: text })).min(1),
  }),
);

/**
 * Reads referring expressions: RefCOCO, RefCOCO+ and RefCOCOg, as JSON lines or as they are published.
 * @throws UserError naming the file, the line or entry and the field that is wrong
 */
export function readReferring(files: ReferringFiles): ReferringExpression[] {
  const { records, instances, split } = files;
  const pickled = /\.(?:p|pkl|pickle)$/i.test(records);
  if (!pickled && (instances ?? split) !== undefined) {
    const field = instances === undefined ? 'split' : 'instances';
    throw new UserError(
      `${records}: "${field}" goes with a pickle of RefCOCO, such as "refs(unc).p".`,
    );
  }
  const found = pickled ? readPickled(files) : readLines(records);
  if (found.length === 0) throw new UserError(`${records} has no referring expressions.`);
  return found;
}

function readLines(file: string): ReferringExpression[] {
  return readTextSync(file)
    .split('\n')
    .flatMap((line, i) => {
      if (line.trim() === '') return [];
      const where = `${file}: line ${i + 1}`;
      const record = checkJson(parseJson(line, where), lineSchema, where, 'a referring expression');
      const { image, sent: phrase, bbox: box, width, height } = record;
      if (!(box[2] > box[0] && box[3] > box[1])) {
        throw new UserError(`${where}: bbox: must be x1, y1, x2, y2, with x1 < x2 and y1 < y2`);
      }
      return [{ image, width, height, phrase, box }];
    });
}

function readPickled({ records, instances, split }: ReferringFiles): ReferringExpression[] {
  if (instances === undefined) {
    throw new UserError(
      `${records} has no boxes: "instances" names the file beside it that has them.`,
    );
  }
  const refs = checkJson(unpickled(records), refsSchema, records, "RefCOCO's references");
  const splits = [...new Set(refs.map((ref) => ref.split))].sort();
  if (split === undefined || !splits.includes(split)) {
    throw new UserError(`${records}: "split" must be one of ${splits.join(', ')}.`);
  }
  const objects = objectsById(instances);
  return refs.flatMap((ref, i) => {
    if (ref.split !== split) return [];
    const object = objects.get(ref.ann_id);
    if (!object) {
      throw new UserError(
        `${records}: [${i}].ann_id: ${instances} has no annotation ${ref.ann_id}.`,
      );
    }
    return ref.sentences.map(({ sent }) => ({ ...object, phrase: sent }));
  });
}

function unpickled(file: string): unknown {
  let bytes: Buffer;
  try {
    bytes = readWholeSync(file, mostBytes.text);
  } catch (error) {
    throw cannotRead(file, error);
  }
  try {
    return new Parser().parse(bytes);
  } catch (error) {
    throw new UserError(`${file} is not a pickle of lists and texts: ${(error as Error).message}`);
  }
}

const imageSchema = z.object({ id: z.int(), file_name: text, width: side, height: side });
const annotationSchema = z.object({ id: z.int(), image_id: z.int(), bbox: xywhSchema });

/** The annotated objects of a COCO file by their own ids, each with its picture. */
function objectsById(file: string): Map<number, Omit<ReferringExpression, 'phrase'>> {
  const images = new Map<number, z.output<typeof imageSchema>>();
  const annotations: z.output<typeof annotationSchema>[] = [];
  readJsonEntries(file, ['images', 'annotations'], (field, index, value) => {
    const where = `${file}: ${field}[${index}]`;
    if (field === 'images') {
      const image = checkJson(value, imageSchema, where, 'as in COCO');
      images.set(image.id, image);
    } else annotations.push(checkJson(value, annotationSchema, where, 'as in COCO'));
  });
  return new Map(
    annotations.map(({ id, image_id, bbox }) => {
      const image = images.get(image_id);
      if (!image) {
        throw new UserError(
          `${file}: annotation ${id} refers to image ${image_id}, which is not listed.`,
        );
      }
      const { file_name, width, height } = image;
      return [id, { image: file_name, width, height, box: xywhToXyxy(bbox) }];
    }),
  );
}
