import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonEntries } from '../src/files/jsonEntries.js';
import { checkJson, readJsonFile } from '../src/files/jsonFile.js';
import { readJsonArray } from './jsonArray.js';

/** A picture and what people or models wrote about it. */
export interface CaptionedFile {
  /** Path inside the folder of pictures. */
  image: string;
  captions: string[];
}

/** Retrieval takes five captions of a picture where a data set has more. */
const captionsPerImage = 5;

const cocoSchemas = {
  images: z.object({ id: z.int(), file_name: z.string().min(1) }),
  annotations: z.object({ image_id: z.int(), caption: z.string() }),
};

/**
 * Reads COCO's captions: captions_val2017.json and the like. Pictures have their first five captions.
 * @throws UserError naming the file and the entry that is wrong, or about a picture that is not listed
 */
export function readCocoCaptions(file: string): CaptionedFile[] {
  const images = new Map<number, CaptionedFile>();
  const captions: z.infer<typeof cocoSchemas.annotations>[] = [];
  const present = readJsonEntries(file, ['images', 'annotations'], (field, index, value) => {
    const where = `${file}: ${field}[${index}]`;
    if (field === 'images') {
      const { id, file_name } = checkJson(value, cocoSchemas.images, where, 'as in COCO');
      images.set(id, { image: file_name, captions: [] });
    } else captions.push(checkJson(value, cocoSchemas.annotations, where, 'as in COCO'));
  });
  for (const field of ['images', 'annotations']) {
    if (!present.has(field)) throw new UserError(`${file} has no list of ${field}, as COCO has.`);
  }
  captions.forEach(({ image_id, caption }, i) => {
    const image = images.get(image_id);
    if (!image)
      throw new UserError(
        `${file}: annotations[${i}] refers to image ${image_id}, which is not listed.`,
      );
    if (image.captions.length < captionsPerImage) image.captions.push(caption);
  });
  return captioned([...images.values()], file);
}

const karpathySchema = z.object({
  images: z.array(
    z.object({
      filename: z.string().min(1),
      filepath: z.string().optional(),
      split: z.string(),
      sentences: z.array(z.object({ raw: z.string() })).min(1),
    }),
  ),
});

/**
 * Reads a split of a data set as Andrej Karpathy divided it: dataset_flickr30k.json, dataset_coco.json.
 * @throws UserError naming the file and what is wrong, or a split that it does not have
 */
export function readKarpathySplit(file: string, split: string): CaptionedFile[] {
  const { images } = readJsonFile(file, karpathySchema, "a file of Karpathy's splits");
  const chosen = images.filter((image) => image.split === split);
  if (chosen.length === 0) {
    const splits = [...new Set(images.map((image) => image.split))].join(', ');
    throw new UserError(`${file} has no pictures of the split "${split}"; it has ${splits}.`);
  }
  return chosen.map(({ filename, filepath = '', sentences }) => ({
    image: join(filepath, filename),
    captions: sentences.slice(0, captionsPerImage).map(({ raw }) => raw),
  }));
}

const shareGpt4vSchema = z.object({
  image: z.string().min(1),
  conversations: z
    .array(z.object({ value: z.string() }))
    .min(2, 'must have a question and an answer'),
});

/**
 * Reads the first records of ShareGPT4V: the picture and the answer to the first question.
 * @throws UserError naming the file and the record that is wrong
 */
export async function readShareGpt4v(file: string, limit = Infinity): Promise<CaptionedFile[]> {
  const records: CaptionedFile[] = [];
  for await (const values of readJsonArray(file)) {
    for (const value of values) {
      if (records.length >= limit) return records;
      const where = `${file}: record ${records.length}`;
      const record = checkJson(value, shareGpt4vSchema, where, 'a ShareGPT4V record');
      records.push({ image: record.image, captions: [record.conversations[1].value] });
    }
  }
  return captioned(records, file);
}

const dciSchema = z.object({ image: z.string().min(1), extra_caption: z.string() });
const dciSplitsSchema = z.record(z.string(), z.array(z.string().min(1)));

/**
 * Reads Densely Captioned Images: a folder with `annotations/`, a JSON file for each picture, and
 * `splits.json`, whose splits are all taken, or the annotations in the order of their names where it is missing.
 * @returns pictures with their long caption, the `extra_caption`
 * @throws UserError naming the file that is missing or wrong
 */
export function readDci(folder: string, limit = Infinity): CaptionedFile[] {
  const annotations = join(folder, 'annotations');
  if (!existsSync(annotations)) throw new UserError(`${folder} has no folder "annotations".`);
  const splits = join(folder, 'splits.json');
  const names = existsSync(splits)
    ? Object.values(readJsonFile(splits, dciSplitsSchema, "DCI's splits")).flat()
    : readdirSync(annotations)
        .filter((name) => name.endsWith('.json'))
        .sort();
  const records = names.slice(0, limit).map((name) => {
    const { image, extra_caption } = readJsonFile(
      join(annotations, name),
      dciSchema,
      'a DCI annotation',
    );
    return { image, captions: [extra_caption] };
  });
  return captioned(records, folder);
}

function captioned(images: CaptionedFile[], file: string): CaptionedFile[] {
  const found = images.filter(({ captions }) => captions.length > 0);
  if (found.length === 0) throw new UserError(`${file} has no captions.`);
  return found;
}
