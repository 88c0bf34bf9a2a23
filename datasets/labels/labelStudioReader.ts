import { UserError } from '../../src/errors.js';
import { namedCategories } from './categories.js';
import type { ReadImage, ReadSet } from './checkedSet.js';
import type { LabelStudioNames, ReadContext } from './labelFormat.js';
import type { LabelCategory, LabelledBox } from './labelSet.js';
import { type FoundAddress, findAddress, pictureName } from './labelStudioAddress.js';
import type { LabelStudioControl } from './labelStudioConfig.js';
import { hasLabels, originalSize, type Region, readRegions } from './labelStudioRegions.js';
import {
  answersOf,
  fieldsOf,
  type LabelStudioTask,
  type ListName,
  listsOf,
  regionsIn,
  type TaskAnswer,
} from './labelStudioTask.js';
import type { Size } from './pictureSizes.js';
import type { Placed } from './placed.js';
import { counted, type ReadingNotes } from './readingNotes.js';

type Fields = Readonly<Record<string, unknown>>;

/** A task without its answers. */
export interface KeptTask {
  data: Fields;
  fields: Fields;
  /** The lists of answers that it has, be they empty. */
  lists: readonly ListName[];
}

/** An answer without its boxes, and what is no box in it. */
export interface KeptAnswer {
  /** The place of its task among those of the picture. */
  task: number;
  list: ListName;
  /** As the file has it, where its boxes are no labels. */
  value?: unknown;
  /** Where they are. */
  fields?: Fields;
  others?: Placed<{ region: Region; kind?: string }>[];
  /** How many boxes it had. */
  boxes?: number;
}

/** What Label Studio alone knows of a picture. */
export interface KeptPicture {
  tasks: KeptTask[];
  answers: KeptAnswer[];
}

/** What Label Studio alone knows of a set. */
export interface KeptSet {
  /** How tags and fields are called in the file. */
  names?: LabelStudioNames;
  /** Tasks that nobody has labelled, and their pictures. */
  unlabelled?: { file?: string; picture: KeptPicture }[];
}

type TaskImage = ReadImage & Size & { boxes: LabelledBox[]; rest: KeptPicture & Fields };

/** A task, and what was found in it. */
interface FoundTask {
  task: LabelStudioTask;
  /** Its place, for messages. */
  where: string;
  answers: readonly TaskAnswer[];
  found?: FoundAddress;
  /** Of its picture. */
  name?: string;
}

/** Makes labels of the tasks of a file, given one after the other. */
export class TaskReader {
  readonly #context: ReadContext;
  readonly #controls: readonly LabelStudioControl[];
  readonly #tasks: FoundTask[] = [];
  readonly #images = new Map<string, TaskImage>();
  readonly #unlabelled: NonNullable<KeptSet['unlabelled']> = [];
  readonly #missing: string[] = [];
  readonly #counts = { skipped: 0, predictions: 0, several: 0 };
  #names: LabelStudioNames | undefined;

  /** @param controls of the project's labelling config, where that is known. */
  constructor(context: ReadContext, controls: readonly LabelStudioControl[]) {
    this.#context = context;
    this.#controls = controls;
  }

  /** @param where the task's place, for messages. */
  add(task: LabelStudioTask, where: string): void {
    const { labelStudio = {}, allPredictions } = this.#context;
    const answers = answersOf(task, allPredictions);
    this.#count(answers);
    const found = findAddress(task.data, {
      field: labelStudio.imageField,
      controls: this.#controls,
      regions: answers.filter(({ counts }) => counts).flatMap(regionsIn),
    });
    const name = found && pictureName(found.address, labelStudio);
    this.#tasks.push({ task, where, answers, found, name });
  }

  async #read({ task, where, answers, found, name }: FoundTask): Promise<void> {
    const { pictures, notes } = this.#context;
    const read = answers.filter(({ counts }) => counts);
    const file = name === undefined ? undefined : pictures.fileOf(name);
    if (read.length === 0) {
      this.#unlabelled.push({
        ...(file !== undefined && { file }),
        picture: keptPicture(task, answers),
      });
      return;
    }
    if (found === undefined || file === undefined) {
      throw new UserError(`${where}.data has no field that is the address of a picture.`);
    }
    const size = this.#images.get(file) ?? (await this.#sizeOf(task, read, file, where));
    if (!size) {
      this.#missing.push(file);
      this.#unlabelled.push({ file, picture: keptPicture(task, answers) });
      return;
    }
    const { width, height } = size;
    const image: TaskImage = this.#images.get(file) ?? {
      ...{ file, width, height, boxes: [], rest: { tasks: [], answers: [] } },
    };
    this.#images.set(file, image);
    addTo(image, task, answers, found, { where, notes });
    this.#names ??= this.#namesIn(image, found);
  }

  /**
   * The labels of all tasks.
   * @throws UserError for a task that has no picture, or one whose size is not known
   */
  async end(categories: readonly LabelCategory[]): Promise<ReadSet> {
    this.#context.pictures.keepApart(this.#tasks.flatMap(({ name }) => name ?? []));
    for (const task of this.#tasks) await this.#read(task);
    const images = [...this.#images.values()];
    this.#tell();
    const rest: KeptSet = {
      ...(this.#names && { names: this.#names }),
      ...(this.#unlabelled.length > 0 && { unlabelled: this.#unlabelled }),
    };
    return {
      categories: namedCategories(images, categories),
      images,
      format: 'label-studio',
      ...(Object.keys(rest).length > 0 && { rest: { ...rest } }),
    };
  }

  #count(answers: readonly TaskAnswer[]): void {
    const ofPeople = answers.filter(({ isModels }) => !isModels);
    const unread = answers.filter((answer) => !answer.counts && regionsIn(answer).length > 0);
    this.#counts.skipped += ofPeople.filter(({ counts }) => !counts).length;
    this.#counts.predictions += unread.filter(({ isModels }) => isModels).length;
    if (ofPeople.filter(({ counts }) => counts).length > 1) this.#counts.several++;
  }

  /** @returns undefined for a picture without boxes that is not there */
  async #sizeOf(
    { meta }: LabelStudioTask,
    answers: readonly TaskAnswer[],
    file: string,
    where: string,
  ): Promise<Size | undefined> {
    const { pictures } = this.#context;
    const regions = answers.flatMap(regionsIn);
    for (const region of regions) {
      const size = originalSize(region);
      if (size) return size;
    }
    const size = sizeIn(meta);
    if (size) return size;
    const isMissing = pictures.folder !== undefined && pictures.find(file) === undefined;
    return isMissing && !regions.some(hasLabels) ? undefined : pictures.sizeOf(file, where);
  }

  /** What boxes are to be called that are added. */
  #namesIn({ boxes }: TaskImage, { field, control }: FoundAddress): LabelStudioNames | undefined {
    const imageField = field === undefined ? {} : { imageField: field };
    if (control) {
      const { fromName, toName, rectangle } = control;
      return { fromName, toName, ...(rectangle !== undefined && { rectangle }), ...imageField };
    }
    const { rest = {} } = boxes.find(({ outline }) => outline?.kind !== 'polygon') ?? {};
    const { from_name, to_name, tool } = rest as {
      from_name?: string;
      to_name?: string;
      tool?: { from_name?: string };
    };
    if (from_name === undefined) return undefined;
    return {
      fromName: from_name,
      ...(to_name !== undefined && { toName: to_name }),
      ...(tool?.from_name !== undefined && { rectangle: tool.from_name }),
      ...imageField,
    };
  }

  #tell(): void {
    const { notes, pictures } = this.#context;
    const { skipped, predictions, several } = this.#counts;
    notes.passOver('skipped annotation', skipped);
    notes.passOver("prediction beside people's answers", predictions);
    if (several > 0) {
      notes.say(`${counted(several, 'task')} with several annotations, whose boxes are all read.`);
    }
    const [first] = this.#missing;
    if (first !== undefined) {
      const count = counted(this.#missing.length, 'picture without boxes');
      notes.say(
        `${count} left out, not in ${pictures.folder}: ${first}${this.#missing.length > 1 ? ', …' : '.'}`,
      );
    }
  }
}

/** Adds what a task says of a picture. */
function addTo(
  image: TaskImage,
  task: LabelStudioTask,
  answers: readonly TaskAnswer[],
  { isOther }: FoundAddress,
  { where, notes }: { where: string; notes: ReadingNotes },
): void {
  const place = image.rest.tasks.length;
  image.rest.tasks.push(keptTask(task));
  const people = answers.filter(({ isModels, counts }) => !isModels && counts);
  const taken = new Set(people.flatMap(regionsIn).map(({ id }) => id));
  for (const answer of answers) {
    const kept = { task: place, list: answer.list };
    if (!answer.counts) {
      image.rest.answers.push({ ...kept, value: answer.value });
      continue;
    }
    const others: NonNullable<KeptAnswer['others']> = [];
    const before = image.boxes.length;
    const regions = readRegions(regionsIn(answer), {
      ...{ size: image, isModels: answer.isModels, where: `${where}.${answer.list}`, notes },
      passOver: (region) => {
        if (isOther(region)) return { kind: 'region of another picture of the task' };
        return answer.isModels && region.id != null && taken.has(region.id) ? {} : undefined;
      },
    });
    for (const read of regions) {
      if ('box' in read) {
        const rest = { ...read.box.rest, answer: image.rest.answers.length };
        image.boxes.push({ ...read.box, rest });
      } else others.push({ after: image.boxes.length - before, value: read });
    }
    const { result: _, ...fields } = answer.value as Fields;
    image.rest.answers.push({ ...kept, fields, others, boxes: image.boxes.length - before });
  }
}

function keptTask(task: LabelStudioTask): KeptTask {
  return { data: task.data, fields: fieldsOf(task), lists: listsOf(task) };
}

/** What is known of the picture of a task that has no labels. */
function keptPicture(task: LabelStudioTask, answers: readonly TaskAnswer[]): KeptPicture {
  return {
    tasks: [keptTask(task)],
    answers: answers.map(({ list, value }) => ({ task: 0, list, value })),
  };
}

function sizeIn(meta: unknown): Size | undefined {
  const { width, height } = (typeof meta === 'object' && meta !== null ? meta : {}) as Fields;
  return originalSize({ original_width: width, original_height: height });
}
