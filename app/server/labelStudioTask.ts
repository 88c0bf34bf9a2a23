import { z } from 'zod';
import {
  type LabelStudioConfig,
  type LabelStudioControl,
  labelsIn,
  valueIn,
} from '../../datasets/labels/labelStudioConfig.js';
import { spoken } from '../prelabel/labelDefinitions.js';
import { type AskContext, type Asked, askedOf } from './asked.js';
import { Refusal } from './errors.js';

export const taskSchema = z.looseObject({
  id: z.union([z.string().max(100), z.number()]).nullish(),
  data: z.record(z.string(), z.unknown()),
});

export type LabelStudioTask = z.output<typeof taskSchema>;

/** A picture of a task, and what each control of a labelling config asks of it. */
export interface AskedPicture {
  address: string;
  /** Its place in a list of pictures. */
  item?: number;
  questions: { control: LabelStudioControl; asked: Asked }[];
}

/**
 * What a labelling config asks of a task. Each control is a question of its own: a box may be one control's
 * "fruit" and another's "ripe".
 * @throws Refusal, or UserError, for a task that has no picture, or nothing to look for.
 */
export function picturesOf(
  { data }: LabelStudioTask,
  { controls }: LabelStudioConfig,
  context: AskContext,
): AskedPicture[] {
  const { limits } = context;
  const questions = controls
    .map((control) => ({ control, labels: labelsIn(data, control, "The task's data") }))
    .filter(({ labels }) => labels.length > 0);
  const count = questions.reduce((sum, { labels }) => sum + labels.length, 0);
  if (count > limits.prompts) {
    throw new Refusal(
      413,
      `The label_config has ${count} labels; at most ${limits.prompts} are looked for.`,
    );
  }
  if (count === 0) {
    const places = controls.map(({ taskLabels }) => `"${taskLabels}"`).join(', ');
    throw new Refusal(400, `The task's data has no labels in ${places}.`);
  }
  const asked = questions.map(({ control, labels }) => ({
    control,
    asked: askedOf(
      labels.map(({ label, phrasings, threshold = control.threshold }) => ({
        ...{ label, phrasings: phrasings.map(spoken), threshold },
      })),
      {},
      context,
    ),
  }));
  const found = [...new Set(asked.map(({ control }) => control.toName))].flatMap((name) => {
    const ofImage = asked.filter(({ control }) => control.toName === name);
    const addresses = addressesIn(data, ofImage[0].control);
    return addresses.map((picture) => ({ ...picture, questions: ofImage }));
  });
  if (found.length > 0) return found;
  const places = [...new Set(asked.map(({ control }) => `"${control.image}"`))].join(', ');
  throw new Refusal(400, `The task's data has no picture in ${places}.`);
}

/** The addresses of an Image's pictures; none where a task leaves the Image empty. */
function addressesIn(
  data: LabelStudioTask['data'],
  { image, manyImages }: LabelStudioControl,
): Pick<AskedPicture, 'address' | 'item'>[] {
  const value = valueIn(data, image) ?? '';
  if (value === '') return [];
  return (Array.isArray(value) ? value : [value]).map((address, item) => {
    if (typeof address === 'string' && address !== '') {
      return { address, ...(manyImages && { item }) };
    }
    throw new Refusal(400, `The task's data has no picture in "${image}".`);
  });
}
