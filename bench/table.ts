import { markdownTable } from './markdown.js';
import type { Measurement } from './measure.js';
import type { Answer } from './memory.js';

/** A Markdown table of the results. */
export function tableOf(
  results: readonly { title: string; measurements: Measurement[] }[],
): string {
  const compared = results.some(({ measurements }) => measurements.length > 1);
  const own = ['ms', 'GFLOP', 'GFLOP/s', 'peak GB'];
  const header = [
    '',
    ...own,
    ...(compared
      ? [
          ...own.map((column) => `PyTorch ${column}`),
          'times as fast',
          'by processor time',
          'difference',
        ]
      : []),
  ];
  const rows = results.map(({ title, measurements }) => {
    const [ours, theirs] = measurements;
    return [
      title,
      ...measurements.flatMap(cells),
      ...(theirs
        ? [
            (theirs.milliseconds / ours.milliseconds).toFixed(2),
            (theirs.processorMilliseconds / ours.processorMilliseconds).toFixed(2),
            difference(ours.check, theirs.check).toExponential(0),
          ]
        : []),
    ];
  });
  return markdownTable(header, rows);
}

/** One line for each way weights are stored. */
export function describeAnswers(answers: readonly Answer[]): string {
  return answers
    .map(({ dtype, milliseconds, peakBytes, weightBytes }) => {
      const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
      const memory =
        peakBytes === null
          ? 'an unknown peak of memory'
          : `a peak of ${gigabytes(peakBytes)}, ${(peakBytes / weightBytes).toFixed(2)} times its float32 weights (${gigabytes(weightBytes)})`;
      return `Loading weights in ${dtype} and answering for a picture and two prompts: ${milliseconds.toFixed(0)} ms, ${memory}.`;
    })
    .join('\n');
}

function cells({ milliseconds, flops, peakBytes }: Measurement): string[] {
  return [
    milliseconds.toFixed(0),
    (flops / 1e9).toFixed(0),
    (flops / milliseconds / 1e6).toFixed(0),
    peakBytes === null ? '–' : (peakBytes / 1e9).toFixed(2),
  ];
}

/** The largest difference relative to the largest magnitude. */
function difference(a: readonly number[], b: readonly number[]): number {
  const scale = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((value, index) => Math.abs(value - b[index]))) / scale;
}
