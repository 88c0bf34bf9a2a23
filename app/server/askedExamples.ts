import { setImmediate } from 'node:timers/promises';
import { type Examples, joinedExamples } from '../../detectors/examples.js';
import { promptOf, type SavedExamples } from '../../detectors/examplesFile.js';
import type { AskedLabel } from './asked.js';
import { Refusal } from './errors.js';
import type { Limits } from './limits.js';

type ExampleLimits = Pick<Limits, 'exampleBytes' | 'exampleVectors'>;

/** A label in a request: its examples are as they were saved. */
export interface GivenLabel extends Omit<AskedLabel, 'examples'> {
  examples?: readonly SavedExamples[];
}

/**
 * Prompts of a request with their examples read. Where one has no list of phrasings, those count that were saved.
 * @throws UserError, naming its place, for what are no examples; Refusal for too much of them
 */
export async function readPrompts(
  prompts: readonly (string | GivenLabel)[],
  limits: ExampleLimits,
): Promise<(string | AskedLabel)[]> {
  checkAmount(
    prompts.flatMap((prompt) => (typeof prompt === 'string' ? [] : (prompt.examples ?? []))),
    limits,
  );
  const read: (string | AskedLabel)[] = [];
  for (const [i, prompt] of prompts.entries()) {
    if (typeof prompt === 'string') read.push(prompt);
    else {
      const { examples: saved, ...rest } = prompt;
      const where = `prompts[${i}].examples`;
      const examples = saved && joinedExamples(await decoded(saved, where), where);
      read.push({ phrasings: saved?.[0].phrasings, ...rest, ...(examples && { examples }) });
    }
  }
  return read;
}

/** Sets of saved examples. @throws as `readPrompts` */
export function readExamples(
  saved: readonly SavedExamples[],
  where: string,
  limits: ExampleLimits,
): Promise<Examples[]> {
  checkAmount(saved, limits);
  return decoded(saved, where);
}

async function decoded(saved: readonly SavedExamples[], where: string): Promise<Examples[]> {
  const sets: Examples[] = [];
  for (const [i, one] of saved.entries()) {
    // Others have their turn between: there may be millions of numbers.
    await setImmediate();
    sets.push(promptOf(one, `${where}[${i}]`).examples!);
  }
  return sets;
}

function checkAmount(
  saved: readonly SavedExamples[],
  { exampleBytes, exampleVectors }: ExampleLimits,
): void {
  const sum = (of: (one: SavedExamples) => number) => saved.reduce((all, one) => all + of(one), 0);
  const bytes = sum(({ shown, unlike, others }) => shown.length + unlike.length + others.length);
  if (bytes > exampleBytes) {
    throw new Refusal(
      413,
      `The examples have ${bytes} bytes of vectors; at most ${exampleBytes} are taken.`,
    );
  }
  // Four bytes a number, of which base64 makes four characters for three.
  const count = Math.floor(
    sum(({ shown, unlike, dimension }) => (3 * (shown.length + unlike.length)) / (16 * dimension)),
  );
  if (count > exampleVectors) {
    throw new Refusal(413, `There are ${count} examples; at most ${exampleVectors} are taken.`);
  }
}
