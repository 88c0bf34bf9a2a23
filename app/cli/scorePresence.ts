import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import type { ScoredFiles } from '../../eval/score/scoredFiles.js';
import { note, printJson, printLines, tableLines, UsageError } from './common.js';
import { masksOption, readScored, type ScoreArguments, scoreOptions } from './scoreOptions.js';

interface PresenceArguments extends Omit<ScoreArguments, 'gt'> {
  gt: string[];
  masks?: boolean;
  threshold: number;
  plots?: string;
}

/** `fgdet score presence` */
export const command: CommandModule<object, PresenceArguments> = {
  command: 'presence',
  describe: 'Is it there, and where: cgF1 and its parts at one score threshold (SA-Co)',
  builder: (yargs) =>
    masksOption(scoreOptions(yargs))
      .usage('$0 score presence --gt <annotations> [--gt <annotations>..] --dt <results>')
      .option('gt', {
        type: 'string',
        array: true,
        requiresArg: true,
        demandOption: true,
        describe:
          'Annotations: of SA-Co, where each entry of "images" is a picture with a phrase (text_input), or of COCO ' +
          'or LVIS, where each picture is asked for its categories. Several are of several annotators: the one that ' +
          'fits best counts, picture by picture',
      })
      .option('threshold', {
        type: 'number',
        requiresArg: true,
        default: 0.5,
        describe: 'Least score of a box that counts',
      })
      .option('plots', {
        type: 'string',
        requiresArg: true,
        describe: 'A folder for presence.png: the measures by the threshold',
      })
      .example('$0 score presence --gt sa-co.json --dt results.json', 'One annotator')
      .example(
        '$0 score presence --gt a.json --gt b.json --gt c.json --dt results.json --masks',
        'Best of three',
      )
      .example(
        '$0 score presence --gt instances_val2017.json --dt results.json --threshold 0.3 --plots plots',
        'All 80 categories asked of each picture',
      ),
  handler: async ({ gt, threshold, plots, ...args }) => {
    if (!(threshold >= 0 && threshold <= 1)) {
      throw new UsageError('--threshold takes a number from 0 to 1.');
    }
    const { scorePresence } = await import('../../eval/score/presenceScores.js');
    const truths: ScoredFiles[] = [];
    for (const file of gt) truths.push(await readScored({ ...args, gt: file }));
    const { measures, items } = scorePresence(truths, threshold);
    if (plots !== undefined) {
      const { writePresencePlot } = await import('../../eval/presence/plot.js');
      await writePresencePlot(items, join(plots, 'presence.png'));
    }
    if (args.json) {
      printJson(measures);
      return;
    }
    note(
      `Pictures asked for something: ${items.count}. Boxes that score ${threshold} or more count.`,
    );
    printLines(measureTable(measures));
  },
};

/** A row for each measure; those of boxes by IoU. */
function measureTable(measures: Readonly<Record<string, number>>): string[] {
  const ious = ['', '@0.5', '@0.75'];
  const names = Object.keys(measures).filter((name) => !name.includes('@'));
  const rows = names.map((name) => [
    name,
    ...ious.map((iou) =>
      `${name}${iou}` in measures ? (100 * measures[`${name}${iou}`]).toFixed(1) : '',
    ),
  ]);
  return tableLines(['', 'IoU 0.50:0.95', 'IoU 0.50', 'IoU 0.75'], rows);
}
