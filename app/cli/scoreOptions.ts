import type { Argv } from 'yargs';
import { type ResultIds, resultIdKinds } from '../../datasets/resultIdKinds.js';
import type { CategoryScore } from '../../eval/score/categoryScores.js';
import type { CocoScores } from '../../eval/score/cocoScores.js';
import type { ScoredFiles } from '../../eval/score/scoredFiles.js';
import { note, printJson, printLines, tableLines } from './common.js';

export interface ScoreArguments {
  gt: string;
  dt: string;
  imageList?: string;
  ids?: ResultIds;
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
    .option('image-list', {
      type: 'string',
      requiresArg: true,
      describe:
        'Score these pictures only: a file of image ids or file names, a JSON list or a line each',
    })
    .option('ids', resultIdsOption)
    .option('json', { type: 'boolean', describe: 'Print everything as JSON on stdout' });
}

/** Whose ids a results file has. */
export const resultIdsOption = {
  choices: resultIdKinds,
  describe:
    "Whose image and category ids the results have: coco, the annotation file's; ultralytics, file names without " +
    'extension, and categories from 1. If absent, what the files say themselves',
} as const;

export interface PrecisionArguments extends ScoreArguments {
  perCategory?: boolean;
  plots?: string;
}

/** Options of the protocols that measure precision. */
export function precisionOptions<T>(yargs: Argv<T>): Argv<T & PrecisionArguments> {
  return scoreOptions(yargs)
    .option('per-category', { type: 'boolean', describe: 'Print a line for each category too' })
    .option('plots', {
      type: 'string',
      requiresArg: true,
      describe: 'A folder for precision-recall.png and categories.png',
    });
}

/** The option of the protocols that know masks. */
export function masksOption<T>(yargs: Argv<T>): Argv<T & { masks?: boolean }> {
  return yargs.option('masks', {
    type: 'boolean',
    describe: 'Score masks (polygons or runs) instead of boxes',
  });
}

/**
 * Prints scores as the arguments say, and draws them where they ask for it.
 * @param table the protocol's own lines.
 */
export async function showScores(
  { json, perCategory, plots }: PrecisionArguments,
  { evaluation, ...scores }: CocoScores,
  table: () => string[],
): Promise<void> {
  if (plots !== undefined) {
    const { writeScorePlots } = await import('../../eval/score/plots.js');
    await writeScorePlots(plots, evaluation, scores.perCategory);
  }
  if (json) {
    printJson(scores);
    return;
  }
  printLines(table());
  if (perCategory) printLines(['', ...categoryTable(scores.perCategory)]);
}

/**
 * Reads what the arguments name.
 * @throws UserError naming the file and what is wrong with it.
 */
export async function readScored({
  gt,
  dt,
  imageList,
  ids,
  masks,
}: ScoreArguments & { masks?: boolean }): Promise<ScoredFiles> {
  const { readScoredFiles } = await import('../../eval/score/scoredFiles.js');
  const files = await readScoredFiles(gt, dt, { imageList, ids, masks });
  for (const line of files.notes ?? []) note(line);
  const asksByPhrase = files.dataset.images.some(({ phrase }) => phrase !== undefined);
  if (files.unlisted > 0 && !asksByPhrase) {
    note(`Not counted: ${files.unlisted} results of categories that ${gt} does not list.`);
  }
  return files;
}

/** A share in percent; a dash where there is nothing to find. */
export function percent(share: number): string {
  return share < 0 ? '-' : (100 * share).toFixed(1);
}

/** A table with a row for each category; LVIS's with how frequent it is. */
function categoryTable(categories: readonly CategoryScore[]): string[] {
  const measures = ['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR'] as const;
  const frequencies = categories.some(({ frequency }) => frequency);
  return tableLines(
    ['id', 'category', ...(frequencies ? ['frequency'] : []), ...measures],
    categories.map((category) => [
      ...[String(category.id), category.name],
      ...(frequencies ? [category.frequency ?? ''] : []),
      ...measures.map((measure) => percent(category[measure])),
    ]),
  );
}

/** A line of the tables that COCO's and LVIS's own tools print. */
export function summaryLine(
  name: string,
  value: number,
  selection: { limit: number; categories?: string },
): string {
  const precision = name.startsWith('AP');
  const rest = name.slice(2);
  const kind = precision ? 'Average Precision  (AP)' : 'Average Recall     (AR)';
  const iou = precision && /^\d+$/.test(rest) ? `0.${rest}     ` : '0.50:0.95';
  const area = { s: ' small', m: 'medium', l: ' large' }[rest] ?? '   all';
  const limit = selection.limit === Infinity ? 'all' : String(selection.limit).padStart(3);
  const categories = selection.categories ? ` categories=${selection.categories}` : '';
  const shown = value < 0 ? '-1.000' : ` ${value.toFixed(3)}`;
  return ` ${kind} @[ IoU=${iou} | area=${area} | maxDets=${limit}${categories} ] =${shown}`;
}
