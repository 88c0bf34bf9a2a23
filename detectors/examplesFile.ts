import { closeSync, readSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { writeTextAtomically } from '../src/files/atomicFile.js';
import { checkJson, readJson } from '../src/files/jsonFile.js';
import { openRegularSync } from '../src/files/regularFile.js';
import { whatIsAt } from '../src/files/whatIsAt.js';
import { modelBounds } from '../src/modelBounds.js';
import type { Examples } from './examples.js';
import { type Features, features } from './features.js';
import type { Prompt } from './prompts.js';

/** What the files say of themselves. */
const format = 'fgdet examples 1';

/** Of a label: more than anyone reads. */
const mostCharacters = 1000;

/** Numbers of a kind of looks: 1,000 regions of a wide model. */
const mostNumbers = 4_000_000;

/** What the square of a unit vector's length may differ from 1 by rounding. */
const rounding = 1e-3;

const vectors = z
  .base64()
  .max(Math.ceil((4 * mostNumbers * 4) / 3) + 4)
  .describe('float32 numbers, little-endian, in base64');

/** A label with examples as files and requests have it. */
export const savedExamplesSchema = z
  .object({
    format: z.literal(format),
    label: z
      .string()
      .min(1)
      .max(mostCharacters)
      .regex(/^\P{Cc}*$/u, 'must have no line breaks and other control characters'),
    phrasings: z.array(z.string()).default([]),
    model: z
      .string()
      .describe("A digest of the model's weights: no other model understands the examples."),
    dimension: z.int().positive().max(modelBounds.width),
    shown: vectors,
    unlike: vectors,
    others: vectors,
  })
  .meta({ description: 'What a label looks like to a model.' });

export type SavedExamples = z.output<typeof savedExamplesSchema>;

/** A prompt with examples as JSON. @throws UserError for one without examples */
export function savedExamples({ label, phrasings, examples }: Prompt): SavedExamples {
  if (!examples) throw new UserError(`"${label}" has no examples to save.`);
  const { model, shown, unlike, others } = examples;
  return {
    ...{ format, label, phrasings: [...phrasings], model, dimension: shown.dimension },
    ...{ shown: encoded(shown), unlike: encoded(unlike), others: encoded(others) },
  };
}

/** The prompt that `savedExamples` made a JSON of. @throws UserError for what are no unit vectors of that width */
export function promptOf(saved: SavedExamples, where: string): Prompt {
  const { label, phrasings, model, dimension } = saved;
  const read = (kind: 'shown' | 'unlike' | 'others') =>
    decoded(saved[kind], dimension, `${where}: ${kind}`);
  const examples: Examples = {
    ...{ model, shown: read('shown'), unlike: read('unlike'), others: read('others') },
  };
  return { label, phrasings, examples };
}

/** Writes a label with its examples to a file, for other runs and other people. */
export async function writeExamples(file: string, prompt: Prompt): Promise<void> {
  await writeTextAtomically(file, `${JSON.stringify(savedExamples(prompt))}\n`);
}

/** Reads what `writeExamples` wrote. @throws UserError naming the file and what is wrong with it */
export function readExamples(file: string): Prompt {
  return promptOf(checkJson(readJson(file), savedExamplesSchema, file, 'a file of examples'), file);
}

/** Whether a file begins as one of examples does. */
export function isExamplesFile(file: string): boolean {
  if (whatIsAt(file) !== 'file') return false;
  const descriptor = openRegularSync(file);
  try {
    const begin = Buffer.alloc(200);
    const length = readSync(descriptor, begin, 0, begin.length, 0);
    return begin.toString('latin1', 0, length).includes('"fgdet examples');
  } finally {
    closeSync(descriptor);
  }
}

function encoded({ values }: Features): string {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeFloatLE(value, 4 * i);
  });
  return bytes.toString('base64');
}

/** Other numbers than unit vectors could make scores that are none. */
function decoded(text: string, dimension: number, where: string): Features {
  const bytes = Buffer.from(text, 'base64');
  const values = new Float32Array(Math.floor(bytes.length / 4));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
  if (bytes.length % (4 * dimension) !== 0 || !areUnitVectors(values, dimension)) {
    throw new UserError(
      `${where} must hold vectors of ${dimension} finite numbers, of length one.`,
    );
  }
  return features(values, dimension);
}

function areUnitVectors(values: Float32Array, dimension: number): boolean {
  for (let start = 0; start < values.length; start += dimension) {
    let square = 0;
    for (let i = start; i < start + dimension; i++) square += values[i] * values[i];
    if (!(Math.abs(square - 1) < rounding)) return false;
  }
  return true;
}
