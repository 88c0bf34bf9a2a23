import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import { checkJson } from '../../src/files/jsonFile.js';
import { readJsonArray } from '../jsonArray.js';
import { without } from './attributes.js';
import { namedCategories } from './categories.js';
import type { ReadSet } from './checkedSet.js';
import { jsonLines, readText, writePieces } from './labelFiles.js';
import {
  type LabelFormatDefinition,
  type LabelReadOptions,
  type LabelWriteOptions,
  type ReadContext,
  restIn,
} from './labelFormat.js';
import type { LabelCategory, LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { pictureAddress, pictureFile } from './labelStudioAddress.js';
import { elementsIn } from './labelStudioConfig.js';
import { boxOfRegion, namesOf, regionOf, regionSchema } from './labelStudioRegions.js';
import { pictureSizes } from './pictureSizes.js';
import { interleave, type Placed } from './placed.js';
import { element, parseXml, xmlText } from './xml.js';

type Fields = Readonly<Record<string, unknown>>;

const answerSchema = z.looseObject({
  result: z.array(z.looseObject({ type: z.string().optional() })),
});
const taskSchema = z.looseObject({
  data: z.record(z.string(), z.unknown()),
  annotations: z.array(answerSchema).nullish(),
  predictions: z.array(answerSchema).nullish(),
});
type Task = z.output<typeof taskSchema>;

/** Annotations are people's and predictions models'. */
const lists = ['annotations', 'predictions'] as const;
type List = (typeof lists)[number];

/** Someone's answer without its boxes, and what is no box in it. */
interface Answer {
  list: List;
  fields: Fields;
  shapes: Placed<Fields>[];
}

/**
 * Label Studio's tasks, as its JSON export has them and its import takes them. Boxes with scores are
 * predictions, others annotations. `meta` says how large a picture is, for those without boxes. Beside the
 * tasks a labelling config for the project is written.
 */
export const labelStudioFormat: LabelFormatDefinition = {
  name: 'label-studio',
  folder: false,
  extension: '.json',
  scores: true,
  read: readLabelStudio,
  write: async (set, output, options = {}) => {
    await writePieces(output, taskPieces(set, options));
    await writePieces(configFile(output), [labellingConfig(set.categories, options.labelStudio)]);
  },
  shapes: ({ rest }) =>
    ((rest?.answers as Answer[]) ?? []).flatMap(({ shapes }) =>
      shapes.map(({ value }) =>
        value.type === 'rectanglelabels' ? 'rotated box' : String(value.type),
      ),
    ),
};

function configFile(output: string): string {
  return `${output.replace(/\.json$/i, '')}.config.xml`;
}

/** The labelling config of a project for these categories. */
export function labellingConfig(
  categories: readonly LabelCategory[],
  options?: LabelWriteOptions['labelStudio'],
): string {
  const { fromName, toName, imageField } = namesOf(options);
  const labels = categories.map(({ name }) => element('Label', { value: name }));
  return xmlText(
    element(
      'View',
      {},
      element('Image', { name: toName, value: `$${imageField}` }),
      element('RectangleLabels', { name: fromName, toName }, ...labels),
    ),
  );
}

async function readLabelStudio(path: string, options: ReadContext): Promise<ReadSet> {
  const images: LabelledImage[] = [];
  const unlabelled: Fields[] = [];
  let index = 0;
  for await (const batch of readJsonArray(path)) {
    for (const value of batch) {
      const where = `${path}: [${index++}]`;
      const task = checkJson(value, taskSchema, where, 'a task of Label Studio');
      if (answersOf(task).length === 0) unlabelled.push(task);
      else images.push(await imageOf(task, where, options));
    }
  }
  return {
    categories: namedCategories(images, await configuredCategories(path)),
    images,
    format: 'label-studio',
    ...(unlabelled.length > 0 && { rest: { unlabelled } }),
  };
}

/** What people and models answered; a task that was skipped was not looked at. */
function answersOf(task: Task): { list: List; answer: z.output<typeof answerSchema> }[] {
  const all = lists.flatMap((list) => (task[list] ?? []).map((answer) => ({ list, answer })));
  return all.every(({ answer }) => answer.was_cancelled === true) ? [] : all;
}

async function imageOf(
  task: Task,
  where: string,
  options: LabelReadOptions,
): Promise<LabelledImage> {
  const { data, annotations: _, predictions: __, ...fields } = task;
  const file = pictureFile(addressOf(data, where, options), options.labelStudio, options.images);
  const boxes: LabelledBox[] = [];
  const answers: Answer[] = [];
  let size: Size | undefined;
  for (const { list, answer } of answersOf(task)) {
    const shapes: Placed<Fields>[] = [];
    const before = boxes.length;
    for (const region of answer.result) {
      const upright = regionSchema.safeParse(region);
      if (!upright.success) {
        checkRegion(region, `${where}.${list}`);
        shapes.push({ after: boxes.length - before, value: region });
        continue;
      }
      const { original_width: width, original_height: height } = upright.data;
      size ??= { width, height };
      const { rest, ...box } = boxOfRegion(upright.data);
      boxes.push({ ...box, rest: { ...rest, answer: answers.length } });
    }
    answers.push({ list, fields: without(answer, 'result') ?? {}, shapes });
  }
  size ??= sizeIn(fields.meta) ?? (await measured(file, where, options));
  return { file, ...size, boxes, rest: { data, fields, answers } };
}

interface Size {
  width: number;
  height: number;
}

/** @throws UserError for a rectangle that is none */
function checkRegion(region: Fields, where: string): void {
  const { type, image_rotation, value } = region;
  const isRotated = [image_rotation, (value as Fields | undefined)?.rotation].some(Boolean);
  if (type === 'rectanglelabels' && !isRotated) checkJson(region, regionSchema, where, 'a region');
}

function addressOf(data: Fields, where: string, { labelStudio }: LabelReadOptions): string {
  const texts = Object.values(data).filter((value) => typeof value === 'string');
  const field = namesOf(labelStudio).imageField;
  const address = data[field] ?? (texts.length === 1 ? texts[0] : undefined);
  if (typeof address === 'string' && address !== '') return address;
  throw new UserError(`${where}.data.${field}: must be the address of a picture.`);
}

function sizeIn(meta: unknown): Size | undefined {
  const side = z.number().positive().max(1e9);
  const parsed = z.looseObject({ width: side, height: side }).safeParse(meta);
  return parsed.success ? { width: parsed.data.width, height: parsed.data.height } : undefined;
}

async function measured(file: string, where: string, { images }: LabelReadOptions): Promise<Size> {
  if (images === undefined) {
    throw new UserError(
      `${where} does not say how large its picture is. Name the folder of pictures (--images).`,
    );
  }
  return (await pictureSizes([join(images, file)]))[0];
}

/** The labels of the labelling config that `write` puts beside the tasks; none where there is no such file. */
async function configuredCategories(path: string): Promise<LabelCategory[]> {
  const file = configFile(path);
  if (!existsSync(file)) return [];
  const found = elementsIn(parseXml(await readText(file), file))
    .filter(({ name }) => name === 'Label')
    .map(({ attributes }) => attributes.value);
  return [...new Set(found.filter((name) => name))].map((name) => ({ name }));
}

function* taskPieces(set: LabelSet, options: LabelWriteOptions): Generator<string> {
  const rest = restIn('label-studio', set);
  const unlabelled = (rest(set).unlabelled as Fields[] | undefined) ?? [];
  yield '[';
  yield* jsonLines(tasks());
  yield '\n';

  function* tasks(): Generator<Fields> {
    for (const image of set.images) yield taskOf(image, rest, options);
    yield* unlabelled;
  }
}

function taskOf(
  image: LabelledImage,
  rest: ReturnType<typeof restIn>,
  { labelStudio, modelVersion }: LabelWriteOptions,
): Fields {
  const { imageField } = namesOf(labelStudio);
  const {
    data,
    fields = {},
    answers = [],
  } = rest(image) as {
    data?: Fields;
    fields?: Fields;
    answers?: Answer[];
  };
  const regions = image.boxes.map((box, i) => {
    const { answer, ...others } = rest(box);
    return { box, answer, region: regionOf(box, image, i, others, labelStudio) };
  });
  const own = answers.map(({ list, fields: answerFields, shapes }, i) => {
    const boxes = regions.filter(({ answer }) => answer === i).map(({ region }) => region);
    return { list, answer: { ...answerFields, result: interleave(boxes, shapes) } };
  });
  const added = regions.filter(({ answer }) => answer === undefined);
  const found = added.filter(({ box }) => box.score !== undefined);
  const drawn = added.filter(({ box }) => box.score === undefined);
  const isEmpty = answers.length === 0 && added.length === 0;
  const all = {
    annotations: own.filter(({ list }) => list === 'annotations').map(({ answer }) => answer),
    predictions: own.filter(({ list }) => list === 'predictions').map(({ answer }) => answer),
  };
  if (drawn.length > 0) all.annotations.push({ result: drawn.map(({ region }) => region) });
  if (found.length > 0 || isEmpty) {
    const scores = found.map(({ box }) => box.score!);
    all.predictions.push({
      ...(modelVersion !== undefined && { model_version: modelVersion }),
      ...(scores.length > 0 && {
        score: scores.reduce((sum, score) => sum + score) / scores.length,
      }),
      result: found.map(({ region }) => region),
    });
  }
  const { width, height } = image;
  const { meta, ...others } = fields;
  return {
    ...others,
    data: data ?? { [imageField]: pictureAddress(image.file, labelStudio) },
    ...(data === undefined ? { meta: { width, height } } : meta !== undefined && { meta }),
    ...(all.annotations.length > 0 && { annotations: all.annotations }),
    ...(all.predictions.length > 0 && { predictions: all.predictions }),
  };
}
