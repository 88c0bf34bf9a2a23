import yargs, { type CommandModule } from 'yargs';
import { UserError } from '../../src/errors.js';
import { systemCode, systemSentence } from '../../src/files/systemReason.js';
import { note, UsageError } from './common.js';
import { command as convert } from './convert.js';
import { command as data, subcommands } from './data.js';
import { command as detect } from './detect.js';
import { command as evaluate } from './evaluate.js';
import { command as examples } from './examples.js';
import { command as exportModel } from './export.js';
import { command as heatmap } from './heatmap.js';
import { dash } from './pictures.js';
import { command as prelabel } from './prelabel.js';
import { command as rescore } from './rescore.js';
import { protocols, command as score } from './score.js';
import { command as serve } from './serve.js';
import { command as train } from './train.js';

const commands = [
  detect,
  heatmap,
  examples,
  prelabel,
  rescore,
  train,
  evaluate,
  score,
  data,
  convert,
  exportModel,
  serve,
] as CommandModule[];

const tooFew = 'Too few arguments: %s, where %s must be given.';
// Texts with a plural form are objects, which the types of yargs do not know.
const wordings: Record<string, unknown> = {
  'Did you mean %s?': 'There is no such command. Did you mean %s?',
  'Not enough arguments following: %s': 'A value is missing after this option: %s',
  'Not enough non-option arguments: got %s, need at least %s': { one: tooFew, other: tooFew },
};

/**
 * Runs the command that the words of a command line name, and sets the process's exit code where it fails: 2
 * where the words are wrong, 1 otherwise.
 */
export async function main(args: readonly string[]): Promise<void> {
  const words = withoutMark(args).map((word) => (word === '-' ? dash : word));
  try {
    await parserOf(words).parseAsync();
  } catch (error) {
    process.exitCode = report(error, words);
  }
}

/** What follows "--" are names, also those that begin like an option; yargs forgets them. */
function withoutMark(args: readonly string[]): string[] {
  const mark = args.indexOf('--');
  if (mark < 0) return [...args];
  const names = args.slice(mark + 1);
  return [...args.slice(0, mark), ...names.map((name) => (/^-./.test(name) ? `./${name}` : name))];
}

function parserOf(words: readonly string[]) {
  return (
    yargs([...words])
      .scriptName('fgdet')
      .usage(
        '$0 <command>\n\nOpen-vocabulary detection: finds in pictures what you ask for in free text.',
      )
      .command(commands)
      .demandCommand(1, 'Say what to do.')
      .recommendCommands()
      .strict()
      // One value per option, so that `--prompt cat photo.jpg` does not take the picture for a prompt.
      .parserConfiguration({ 'greedy-arrays': false, 'parse-positional-numbers': false })
      .updateStrings(wordings as Record<string, string>)
      .showHelpOnFail(false)
      .exitProcess(false)
      .fail((message, error) => {
        throw message ? new UsageError(message) : error;
      })
      .wrap(Math.min(100, process.stdout.columns ?? 100))
      .help()
      .alias('help', 'h')
      .alias('version', 'v')
  );
}

/** Says what went wrong, for people, and returns the exit status. */
function report(error: unknown, words: readonly string[]): number {
  if (!(error instanceof Error)) {
    note(`fgdet: ${String(error)}`);
    return 1;
  }
  if (error instanceof UsageError) {
    const known = knownCommand(words);
    const next = words[known.length] ?? '-';
    const isCommand =
      /^Unknown arguments?: /.test(error.message) &&
      !next.startsWith('-') &&
      commandsIn(known).length > 0;
    note(`fgdet: ${isCommand ? `There is no command ${next}.` : error.message}`);
    note(`See: ${['fgdet', ...known].join(' ')} --help`);
    return 2;
  }
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    note(`fgdet: The disk is full (${error.message}).`);
    note('Make room and give the command again: what a run keeps to go on from is not lost.');
    return 1;
  }
  const sentence = error instanceof UserError ? error.message : systemSentence(error);
  if (sentence !== undefined) {
    note(`fgdet: ${sentence}`);
    return 1;
  }
  note(`fgdet: an unexpected error: ${error.message}`);
  note(process.env.FGDET_DEBUG ? (error.stack ?? '') : 'FGDET_DEBUG=1 shows where it comes from.');
  return 1;
}

/** The commands that can follow those words. */
function commandsIn(path: readonly string[]): CommandModule[] {
  if (path.length === 0) return commands;
  const following: Record<string, CommandModule[]> = { data: subcommands, score: protocols };
  return path.length === 1 ? (following[path[0]] ?? []) : [];
}

/** The command, and perhaps its sub-command, that the arguments begin with. */
function knownCommand(words: readonly string[]): string[] {
  const path: string[] = [];
  for (const word of words) {
    if (!commandsIn(path).some(({ command }) => String(command).split(' ')[0] === word)) break;
    path.push(word);
  }
  return path;
}
