import yargs from 'yargs';
import { decimalNumber } from '../src/decimalNumber.js';
import { UserError } from '../src/errors.js';
import { mostBytes, readWholeSync } from '../src/files/regularFile.js';
import { cannotRead } from '../src/files/textFile.js';
import { checkTarget, targetNames } from './target.js';

export interface FuzzOptions {
  targets: readonly string[];
  /** For each target. */
  seconds: number;
  seed: string;
  /** For inputs and finds. */
  folder: string;
  /** To be read once by the only target, in place of fuzzing. */
  input?: Uint8Array;
}

/** @throws UserError for a target that there is not, no number of seconds, and an input that cannot be read */
export async function fuzzOptions(args: readonly string[]): Promise<FuzzOptions> {
  const { target, seconds, seed, folder, input } = await yargs([...args])
    .scriptName('npm run fuzz --')
    .option('target', { string: true, array: true, describe: 'Default: all, in turn' })
    .option('seconds', { string: true, default: '60', describe: 'For each target' })
    .option('seed', { string: true, default: String(Date.now()) })
    .option('folder', { string: true, default: '.fuzz', describe: 'For inputs and finds' })
    .option('input', {
      string: true,
      describe: 'Only read this file with the target, and say how it goes',
    })
    .strict()
    .fail((message, error) => {
      throw message ? new UserError(message) : error;
    })
    .parseAsync();
  for (const name of target ?? []) checkTarget(name);
  const number = decimalNumber(String(seconds));
  if (!(number > 0)) throw new UserError(`--seconds takes a number above 0, not "${seconds}".`);
  const options = { targets: target ?? targetNames, seconds: number, seed, folder };
  if (input === undefined) return options;
  if (target?.length !== 1) throw new UserError('--input needs one --target that reads it.');
  return { ...options, input: contentOf(input) };
}

function contentOf(file: string): Uint8Array {
  try {
    return readWholeSync(file, mostBytes.text);
  } catch (error) {
    throw cannotRead(file, error);
  }
}
