import { readJsonArray } from '../jsonArray.js';
import type { ReadSet } from './checkedSet.js';
import { jsonLines, writeNamed, writePieces } from './labelFiles.js';
import {
  type LabelFormatDefinition,
  type LabelStudioNames,
  type LabelWriteOptions,
  type ReadContext,
  restIn,
} from './labelFormat.js';
import type { LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import { pictureAddress } from './labelStudioAddress.js';
import {
  configBeside,
  configFile,
  controlsIn,
  labellingConfig,
  labelsIn,
} from './labelStudioConfigFile.js';
import {
  type KeptAnswer,
  type KeptPicture,
  type KeptSet,
  TaskReader,
} from './labelStudioReader.js';
import { type Region, regionsOf } from './labelStudioRegions.js';
import { type ListName, taskOf } from './labelStudioTask.js';
import { interleave } from './placed.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Label Studio's tasks, as its JSON export has them and its import takes them; JSON-MIN is read. Boxes with scores are
 * predictions, others annotations. `meta` says how large a picture is, for those without boxes. Beside the tasks a
 * labelling config for the project is written.
 */
export const labelStudioFormat: LabelFormatDefinition = {
  name: 'label-studio',
  folder: false,
  extension: '.json',
  scores: true,
  outlines: ['polygon', 'rotated box'],
  read: readLabelStudio,
  pieces: function* (set, options = {}) {
    const { names } = restIn('label-studio', set)(set) as KeptSet;
    const labelStudio = { ...names, ...given(options.labelStudio) };
    const { labelStudioConfig: project, asked } = options;
    yield labellingConfig(set.categories, labelStudio, { project, asked });
    yield* taskPieces(set, { ...options, labelStudio }, new Set());
  },
  write: async (set, output, options = {}) => {
    const { names } = restIn('label-studio', set)(set) as KeptSet;
    const labelStudio = { ...names, ...given(options.labelStudio) };
    const project = options.labelStudioConfig ?? (await configBeside(output));
    const config = (polygonTags?: Iterable<string>) =>
      labellingConfig(set.categories, labelStudio, { project, asked: options.asked, polygonTags });
    // A config that cannot be read is told before anything is written.
    config();
    const polygonTags = new Set<string>();
    await writeNamed(output, taskPieces(set, { ...options, labelStudio }, polygonTags));
    await writePieces(configFile(output), [config(polygonTags)]);
  },
  shapes: ({ boxes, rest }) => {
    const { answers = [] } = (rest ?? {}) as Partial<KeptPicture>;
    const furtherLabels = (box: LabelledBox) => ((box.rest?.labels as string[]) ?? []).slice(1);
    return [
      ...answers.flatMap(({ others = [] }) => others.flatMap(({ value }) => value.kind ?? [])),
      ...boxes.flatMap(furtherLabels).map(() => 'further label of a box'),
    ];
  },
};

async function readLabelStudio(path: string, context: ReadContext): Promise<ReadSet> {
  const config = await configBeside(path);
  const reader = new TaskReader(context, config ? controlsIn(config) : []);
  let index = 0;
  for await (const batch of readJsonArray(path)) {
    for (const value of batch) {
      const where = `${path}: [${index++}]`;
      reader.add(taskOf(value, where), where);
    }
  }
  return reader.end(config ? labelsIn(config) : []);
}

/** The names that are given. */
function given(names: LabelStudioNames = {}): LabelStudioNames {
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));
}

/** @param polygonTags is given the names of the PolygonLabels that regions are of. */
function* taskPieces(
  set: LabelSet,
  options: LabelWriteOptions,
  polygonTags: Set<string>,
): Generator<string> {
  const rest = restIn('label-studio', set);
  const { unlabelled = [] } = rest(set) as KeptSet;
  yield '[';
  yield* jsonLines(tasks());
  yield '\n';

  function* tasks(): Generator<Fields> {
    const left = new Set(unlabelled);
    const first = new Map(unlabelled.toReversed().map((one) => [one.file, one]));
    for (const image of set.images) {
      const isNew = rest(image).tasks === undefined;
      const open = isNew ? first.get(image.file) : undefined;
      if (open) left.delete(open);
      const whole = open ? { ...image, rest: { ...open.picture } } : image;
      yield* tasksOf(whole, rest, options, polygonTags);
    }
    for (const { picture } of left) yield* writtenTasks(picture, picture.answers);
  }
}

/** An answer as it is written. */
type Answer = Pick<KeptAnswer, 'task' | 'list' | 'value'>;

/** The tasks of a picture: one, unless the file had several. Boxes that are new are in the first. */
function tasksOf(
  image: LabelledImage,
  rest: ReturnType<typeof restIn>,
  options: LabelWriteOptions,
  polygonTags: Set<string>,
): Iterable<Fields> {
  const { labelStudio = {} } = options;
  const { tasks, answers = [] } = rest(image) as Partial<KeptPicture>;
  const boxes = image.boxes.map((box, i) => {
    const { answer, ...others } = rest(box);
    return { box, answer, regions: regionsOf(box, image, i, others, labelStudio) };
  });
  for (const { type, from_name } of boxes.flatMap(({ regions }) => regions)) {
    if (type === 'polygonlabels') polygonTags.add(String(from_name));
  }
  const added = boxes.filter(({ answer }) => answer === undefined);
  const drawn = added.filter(({ box }) => box.score === undefined);
  const found = added.filter(({ box }) => box.score !== undefined);
  const left = answers.map((_, i) => boxes.filter(({ answer }) => answer === i));
  // Boxes that a person changed are new here: they stay in the annotation that they were in.
  const ofPeople = answers.filter(({ list, others }) => others && list !== 'predictions');
  const changed =
    ofPeople.find((each) => left[answers.indexOf(each)].length < (each.boxes ?? 0)) ?? ofPeople[0];
  const all = answers.map((answer, i): Answer => {
    const own = [...left[i], ...(answer === changed ? drawn : [])];
    return answer.others
      ? withRegions(
          answer,
          own.map(({ regions }) => regions),
        )
      : answer;
  });
  if (drawn.length > 0 && !changed) {
    all.push({ ...{ task: 0, list: 'annotations' }, value: { result: resultOf(drawn) } });
  }
  if (found.length > 0 || (drawn.length === 0 && !answers.some(({ others }) => others))) {
    all.push({ ...{ task: 0, list: 'predictions' }, value: prediction(found, options) });
  }
  const { width, height } = image;
  const { imageField = 'image' } = labelStudio;
  const data = { [imageField]: pictureAddress(image.file, labelStudio) };
  const task = { data, fields: { meta: { width, height } }, lists: [] };
  return writtenTasks({ tasks: tasks ?? [task] }, all);
}

function withRegions(
  { fields, others = [], ...answer }: KeptAnswer,
  boxes: readonly Region[][],
): Answer {
  const shapes = others.map(({ after, value }) => ({ after, value: [value.region] }));
  return { ...answer, value: { ...fields, result: interleave(boxes, shapes).flat() } };
}

function resultOf(boxes: readonly { regions: Region[] }[]): Region[] {
  return boxes.flatMap(({ regions }) => regions);
}

/** @param boxes none, where nothing was found */
function prediction(
  boxes: readonly { box: LabelledBox; regions: Region[] }[],
  { modelVersion }: LabelWriteOptions,
): Fields {
  const sum = boxes.reduce((total, { box }) => total + box.score!, 0);
  return {
    ...(modelVersion !== undefined && { model_version: modelVersion }),
    ...(boxes.length > 0 && { score: sum / boxes.length }),
    result: resultOf(boxes),
  };
}

function* writtenTasks(
  { tasks }: Pick<KeptPicture, 'tasks'>,
  answers: readonly Answer[],
): Generator<Fields> {
  for (const [i, { data, fields, lists }] of tasks.entries()) {
    const own = answers.filter(({ task }) => task === i);
    const isId = ({ value }: Answer) => typeof value !== 'object';
    // Label Studio's import fails where they stand among predictions, as in its export.
    const ids = own.filter(isId).map(({ value }) => value);
    const whole = own.filter((answer) => !isId(answer));
    const names = [...new Set([...lists, ...whole.map(({ list }) => list)])];
    const valuesOf = (name: ListName) =>
      whole.filter(({ list }) => list === name).map(({ value }) => resultLast(value as Fields));
    const { meta, prediction_ids = [], ...others } = fields;
    const allIds = [...new Set([...(prediction_ids as unknown[]), ...ids])];
    yield {
      ...others,
      data,
      ...(meta !== undefined && { meta }),
      ...(allIds.length > 0 && { prediction_ids: allIds }),
      ...Object.fromEntries(names.map((name) => [name, valuesOf(name)])),
    };
  }
}

/** What is long comes last. */
function resultLast({ result, ...fields }: Fields): Fields {
  return { ...fields, ...(result !== undefined && { result }) };
}
