import type { Argv } from 'yargs';
import type { CategoryScore, ScoredFiles } from '../../eval/score/boxScores.js';
import { note, tableLines } from './common.js';

export interface ScoreArguments {
  gt: string;
  dt: string;
  json?: boolean;
}

/** Options of every protocol. */
export function scoreOptions<T>(yargs: Argv<T>): Argv<T & ScoreArguments> {
  return yargs
    .option('gt', {
      type: 'string',
      requiresArg: true,
      demandOption: true,
      describe: 'COCO or LVIS annotations with boxes; may be compressed with gzip',
    })
    .option('dt', {
      type: 'string',
      requiresArg: true,
      demandOption: true,
      describe: "The detector's COCO results; may be compressed with gzip",
    })
    .option('json', { type: 'boolean', describe: 'Print everything as JSON on stdout' });
}

/**
 * Reads what the arguments name.
 * @throws UserError naming the file and what is wrong with it.
 */
export async function readScored({ gt, dt }: ScoreArguments): Promise<ScoredFiles> {
  const { readScoredFiles } = await import('../../eval/score/boxScores.js');
  const files = await readScoredFiles(gt, dt);
  if (files.unlisted > 0) {
    note(`Not counted: ${files.unlisted} results of categories that ${gt} does not list.`);
  }
  return files;
}

/** A share in percent; a dash where there is nothing to find. */
export function percent(share: number): string {
  return share < 0 ? '-' : (100 * share).toFixed(1);
}

/** A table with a row for each category. */
export function categoryTable(categories: readonly CategoryScore[]): string[] {
  return tableLines(
    ['id', 'category', 'AP', 'AP50', 'AP75', 'AR'],
    categories.map(({ id, name, AP, AP50, AP75, AR }) => [
      ...[String(id), name],
      ...[AP, AP50, AP75, AR].map(percent),
    ]),
  );
}
