import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { writeTextAtomically } from '../src/files/atomicFile.js';
import { packageRoot, packageVersion } from '../src/files/packageRoot.js';
import type { EvaluationConfig } from './evaluationConfig.js';
import { isAbsolute, isCount, type ReportFile, type TaskOutcome } from './taskOutcome.js';

/** What was evaluated, and on what. */
export interface EvaluatedRun {
  /** The model's name as it was given. */
  model: string;
  /** What decides the model's answers: a digest of its files, and how it runs. */
  identity: Record<string, unknown>;
}

/** Versions of what computes, and the machine. */
export function versions(): Record<string, string> {
  const require = createRequire(join(packageRoot, 'package.json'));
  const versionOf = (file: string) => (require(file) as { version: string }).version;
  return {
    fgdet: packageVersion(),
    'onnxruntime-node': versionOf('onnxruntime-node/package.json'),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    processor: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  };
}

/**
 * Writes an evaluation's report: report.json with everything, and report.md to read.
 * @param outcomes by the names of the tasks.
 */
export async function writeReport(
  folder: string,
  config: EvaluationConfig,
  { model, identity }: EvaluatedRun,
  outcomes: Readonly<Record<string, TaskOutcome>>,
): Promise<void> {
  const report = {
    model,
    identity,
    versions: versions(),
    config,
    results: mapValues(outcomes, ({ measures }) => measures),
  };
  await writeTextAtomically(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const lines = [
    `# Evaluation of ${model}`,
    '',
    ...Object.entries(outcomes).flatMap(([name, outcome]) =>
      taskSection(name, config.tasks[name], outcome),
    ),
    '## How it was made',
    '',
    ...Object.entries({ ...report.versions, ...identity })
      .filter(([, value]) => value !== undefined)
      .map(
        ([what, value]) =>
          `- ${what}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
      ),
    '',
    'The config:',
    '',
    '```json',
    JSON.stringify(config, null, 2),
    '```',
    '',
  ];
  await writeTextAtomically(join(folder, 'report.md'), lines.join('\n'));
}

/** A task's folder inside the report's: its name without what file names cannot hold. */
export function taskFolder(folder: string, task: string): string {
  return join(folder, task.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^[-.]+|-+$/g, '') || 'task');
}

/** A row of a table of results: measured, published and by how much it differs, as they are shown. */
export interface ShownMeasure {
  measure: string;
  value: string;
  published: string;
  difference: string;
}

/** A task's measures as they are shown: shares in percent. */
export function shownMeasures(
  { published }: Pick<EvaluationConfig['tasks'][string], 'published'>,
  { measures }: Pick<TaskOutcome, 'measures'>,
): ShownMeasure[] {
  return Object.entries(measures).map(([measure, value]) => {
    const figure = published?.figures[measure];
    const absolute = isAbsolute(measure);
    const shown = absolute ? value.toFixed(3) : value === -1 ? '-' : (100 * value).toFixed(1);
    const difference = figure === undefined || value === -1 ? undefined : 100 * value - figure;
    return {
      measure,
      value: isCount(measure) ? String(value) : shown,
      published: figure === undefined ? '' : String(figure),
      difference:
        difference === undefined ? '' : `${difference < 0 ? '' : '+'}${difference.toFixed(1)}`,
    };
  });
}

function taskSection(
  name: string,
  task: EvaluationConfig['tasks'][string],
  outcome: TaskOutcome,
): string[] {
  const rows = shownMeasures(task, outcome);
  const { published } = task;
  const header = published
    ? [
        `| measure | value | ${published.model}, published | difference |`,
        '| --- | --: | --: | --: |',
      ]
    : ['| measure | value |', '| --- | --: |'];
  const folder = taskFolder('', name);
  return [
    `## ${name}`,
    '',
    ...(task.source ? [task.source, ''] : []),
    ...header,
    ...rows.map(({ measure, value, published: figure, difference }) =>
      published
        ? `| ${measure} | ${value} | ${figure} | ${difference} |`
        : `| ${measure} | ${value} |`,
    ),
    '',
    ...filesOf(outcome, 'other').map(
      ({ name: file, caption }) => `- [${file}](${encodeURI(`${folder}/${file}`)}): ${caption}`,
    ),
    '',
    ...filesOf(outcome, 'png').flatMap(({ name: file, caption }) => [
      `![${caption}](${encodeURI(`${folder}/${file}`)})`,
      '',
    ]),
    ...photographs(filesOf(outcome, 'jpg'), folder),
  ];
}

function filesOf({ files }: TaskOutcome, kind: 'png' | 'jpg' | 'other'): ReportFile[] {
  return files.filter(({ name }) => (/\.(png|jpg)$/.exec(name)?.[1] ?? 'other') === kind);
}

/** Pictures three in a row, their captions below. */
function photographs(files: readonly ReportFile[], folder: string): string[] {
  const perRow = 3;
  if (files.length === 0) return [];
  const row = (cells: readonly string[]) =>
    `| ${[...cells, ...Array(perRow - cells.length).fill('')].join(' | ')} |`;
  const starts = files.flatMap((_, i) => (i % perRow === 0 ? [i] : []));
  return [
    'Found rightly (green), wrongly (orange), and missed (light blue), where the detector did best and worst:',
    '',
    row([]),
    row(Array(perRow).fill('---')),
    ...starts.flatMap((start) => {
      const shown = files.slice(start, start + perRow);
      return [
        row(shown.map(({ name, caption }) => `![${caption}](${encodeURI(`${folder}/${name}`)})`)),
        row(shown.map(({ caption }) => caption)),
      ];
    }),
    '',
  ];
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
