import { createHash } from 'node:crypto';
import { z } from 'zod';
import { checkJson } from '../../src/files/jsonFile.js';
import type { Region } from './labelStudioRegions.js';

type Fields = Readonly<Record<string, unknown>>;

/** The lists of answers that a task may have; annotations were called completions once. */
const listNames = ['annotations', 'completions', 'predictions'] as const;
export type ListName = (typeof listNames)[number];

const answerSchema = z.looseObject({ result: z.array(z.looseObject({})).nullish() });
const people = z.array(answerSchema).nullish();
const taskSchema = z.looseObject({
  data: z.record(z.string(), z.unknown()),
  annotations: people,
  completions: people,
  // The standard export has no more of predictions than their ids.
  predictions: z.array(z.union([answerSchema, z.number(), z.string()])).nullish(),
});

export type LabelStudioTask = z.output<typeof taskSchema>;

/** What a person or a model said of a task, or the id of that. */
export interface TaskAnswer {
  list: ListName;
  value: Fields | number | string;
  isModels: boolean;
  /** Whether its boxes are labels. */
  counts: boolean;
}

/**
 * A task of the JSON export, or of JSON-MIN.
 * @throws UserError naming what is wrong with it
 */
export function taskOf(value: unknown, where: string): LabelStudioTask {
  return checkJson(fullTask(value), taskSchema, where, 'a task of Label Studio');
}

/** A task without its answers. */
export function fieldsOf(task: LabelStudioTask): Fields {
  const { data: _, annotations: __, completions: ___, predictions: ____, ...fields } = task;
  return fields;
}

/** The lists of answers that a task has, be they empty. */
export function listsOf(task: LabelStudioTask): ListName[] {
  return listNames.filter((list) => task[list] != null);
}

/**
 * The answers to a task. What people skipped does not count, nor do predictions where people have answered or skipped.
 * @param allPredictions whether predictions count there, too.
 */
export function answersOf(task: LabelStudioTask, allPredictions = false): TaskAnswer[] {
  const people = [...(task.annotations ?? []), ...(task.completions ?? [])];
  return listsOf(task).flatMap((list) =>
    task[list]!.map((value): TaskAnswer => {
      const isModels = list === 'predictions';
      const counts = isModels
        ? typeof value === 'object' && (allPredictions || people.length === 0)
        : !isSkipped(value as Fields);
      return { list, value, isModels, counts };
    }),
  );
}

export function isSkipped({ was_cancelled, skipped }: Fields): boolean {
  return was_cancelled === true || skipped === true;
}

/** The regions of an answer. */
export function regionsIn({ value }: TaskAnswer): Region[] {
  return typeof value === 'object' ? ((value.result as Region[] | null | undefined) ?? []) : [];
}

/**
 * A line of JSON-MIN as the task that it was made of; whatever else as it is. Regions stand there under the names of
 * their tags, beside the fields of the task's data.
 */
function fullTask(line: unknown): unknown {
  if (!isObject(line) || 'data' in line || !('annotation_id' in line)) return line;
  const { id, annotator, annotation_id, created_at, updated_at, lead_time, agreement, ...others } =
    line;
  const fields = Object.entries(others);
  const isAnswer = ([, value]: [string, unknown]) =>
    Array.isArray(value) && value.length > 0 && value.every(isRegionValue);
  const answer = {
    ...{ id: annotation_id, completed_by: annotator, created_at, updated_at, lead_time },
    result: fields
      .filter(isAnswer)
      .flatMap(([name, values]) => (values as Fields[]).map((value) => regionOf(value, name))),
  };
  return {
    ...(id !== undefined && { id }),
    ...(agreement !== undefined && { agreement }),
    data: Object.fromEntries(fields.filter((entry) => !isAnswer(entry))),
    annotations: annotation_id === null ? [] : [answer],
  };
}

function isRegionValue(value: unknown): boolean {
  return isObject(value) && ('original_width' in value || Object.keys(value).some(isLabelsKey));
}

/** "rectanglelabels", "labels" */
function isLabelsKey(key: string): boolean {
  return key.endsWith('labels');
}

/** A region of JSON-MIN has no id; a tool's shape and its Labels are known by their place. */
function regionOf({ original_width, original_height, ...value }: Fields, fromName: string): Region {
  const { x, y, width, height, rotation, points } = value;
  const id = createHash('sha256').update(JSON.stringify([x, y, width, height, rotation, points]));
  return {
    id: id.digest('base64url').slice(0, 12),
    type: Object.keys(value).find(isLabelsKey) ?? (points ? 'polygon' : 'rectangle'),
    ...{ from_name: fromName, original_width, original_height, value },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
