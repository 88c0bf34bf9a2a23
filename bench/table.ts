import { cases } from './cases.js';
import type { Measurement } from './measure.js';

/** A Markdown table of the results. */
export function tableOf(results: readonly { name: string; measurements: Measurement[] }[]): string {
  const compared = results.some(({ measurements }) => measurements.length > 1);
  const own = ['ms', 'GFLOP', 'GFLOP/s', 'peak GB'];
  const header = [
    '',
    ...own,
    ...(compared
      ? [...own.map((column) => `PyTorch ${column}`), 'times as fast', 'difference']
      : []),
  ];
  const rows = results.map(({ name, measurements }) => {
    const [ours, theirs] = measurements;
    const { title } = cases.find((known) => known.name === name)!;
    return [
      title,
      ...measurements.flatMap(cells),
      ...(theirs
        ? [
            (theirs.milliseconds / ours.milliseconds).toFixed(2),
            difference(ours.check, theirs.check).toExponential(0),
          ]
        : []),
    ];
  });
  const rule = header.map((_, index) => (index === 0 ? '---' : '---:'));
  return [header, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
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
