import type { Argv } from 'yargs';
import { formatDuration } from '../../src/progressBar.js';
import type { Ranks } from '../../src/ranks/ranks.js';
import type {
  ConstructionReport,
  ConstructOptions,
  Estimate,
} from '../../training/construction/construct.js';
import type { DraftOptions } from '../../training/construction/drafts.js';
import type { ConstructionStep } from '../../training/construction/step.js';
import { note, printJson, UsageError } from './common.js';
import { interrupted, stoppable } from './interrupt.js';

export interface ConstructionArguments {
  records?: string[];
  images?: string;
  output: string;
  estimate?: boolean;
  json?: boolean;
}

/** Options of every command that makes training data out of records. */
export function constructionOptions<T>(yargs: Argv<T>): Argv<T & ConstructionArguments> {
  return yargs
    .positional('records', {
      type: 'string',
      array: true,
      describe: 'Files of records (.json, .jsonl, .tar, .parquet), folders of them, or patterns',
    })
    .option('images', {
      type: 'string',
      requiresArg: true,
      describe: "The folder that the records' picture paths are relative to",
    })
    .option('output', {
      alias: 'o',
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'Folder for finehard.json and report.json; a run that was stopped goes on there',
    })
    .option('estimate', {
      type: 'boolean',
      describe: 'Do the first records only, and say what all would take',
    })
    .option('json', { type: 'boolean', describe: 'Print the report as JSON on stdout' }) as Argv<
    T & ConstructionArguments
  >;
}

export interface Construction extends ConstructionArguments {
  step: () => ConstructionStep | Promise<ConstructionStep>;
  fields?: DraftOptions['fields'];
  /** Of a million tokens. */
  price?: { input: number; output: number };
}

/** Takes records through a step, on as many processes as mpirun started, and tells what came of it. */
export async function runConstruction(given: Construction): Promise<void> {
  const { records = [], images, output, estimate, fields, price, json } = given;
  if (records.length === 0 && images === undefined) {
    throw new UsageError('Name files of records, or a folder of pictures with --images.');
  }
  const [{ construct }, { openDrafts }, { ProgressBar }, { withRanks }] = await Promise.all([
    import('../../training/construction/construct.js'),
    import('../../training/construction/drafts.js'),
    import('../../src/progressBar.js'),
    import('../../src/ranks/mpiRanks.js'),
  ]);
  await withRanks(async (ranks) => {
    const step = await given.step();
    const source = await openDrafts({ records, images, fields });
    const bar = new ProgressBar(step.name);
    const first = ranks.rank === 0;
    const work = (options: Partial<ConstructOptions>) =>
      stoppable('Stopping. The same command goes on from here.', (signal) =>
        construct(step, source, {
          ...{ output, estimateOnly: estimate, signal, ...options },
          onEstimate: (found) => first && note(describeEstimate(found, ranks, price)),
          onProblem: (problem) => note(`skipped: ${problem}`),
          onProgress: (done, total) =>
            first && bar.show(done, total, ({ left }) => `${done}/${total} records, ${left} left`),
        }).catch((error) => {
          if (signal.aborted) return undefined;
          throw error;
        }),
      );
    try {
      let report =
        ranks.size === 1
          ? await work({})
          : await work({ shard: { index: ranks.rank, count: ranks.size } });
      const stopped = await ranks.largest(report ? 0 : 1);
      if (stopped) process.exitCode = interrupted;
      // What all have done is put together by the first.
      else if (ranks.size > 1 && first && !estimate) report = await work({});
      await ranks.barrier();
      bar.stop();
      if (report && !stopped && first && !estimate) tell(report, json);
    } finally {
      bar.stop();
      source.close();
    }
  });
}

function describeEstimate(
  { done, left, seconds, counts }: Estimate,
  { size }: Ranks,
  price?: Construction['price'],
): string {
  const [tokensIn, tokensOut] = ['tokens in', 'tokens out'].map((name) => counts[name] ?? 0);
  const parts = [
    `about ${formatDuration(seconds)} for the ${left} records that are left${size > 1 ? ` of a share of 1/${size}` : ''}`,
  ];
  if (tokensIn + tokensOut > 0) {
    const million = (tokens: number) => `${(tokens / 1e6).toPrecision(2)} M tokens`;
    parts.push(`${million(tokensIn)} to the server and ${million(tokensOut)} from it in all`);
  }
  if (price) {
    const cost = (tokensIn * price.input + tokensOut * price.output) / 1e6;
    parts.push(`${cost.toFixed(2)} in the price's currency`);
  }
  return `Estimate, from the ${done} records just done: ${parts.join('; ')}.`;
}

function tell(report: ConstructionReport, json?: boolean): void {
  const { records, kept, failed, unanswered, counts, file } = report;
  for (const [what, count] of Object.entries(counts)) note(`${String(count).padStart(9)} ${what}`);
  for (const [why, count] of Object.entries(failed)) note(`${count} left out: ${why}`);
  for (const [why, count] of Object.entries(unanswered)) note(`${count} not done: ${why}`);
  if (file) note(`${kept} of ${records} records: ${file}`);
  else {
    note(`${records - kept} of ${records} records are missing. The same command tries them again.`);
    process.exitCode = 1;
  }
  if (json) printJson(report);
}
