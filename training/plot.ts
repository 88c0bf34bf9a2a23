import { type Curve, type Point, writeChart } from '../src/images/writeChart.js';
import type { LogEntry } from './log.js';

const mostPoints = 2000;

const parts: { key: string; label: string; colour: string }[] = [
  { key: 'total', label: 'total, weighted', colour: '#1f2937' },
  { key: 'imageTextLong', label: 'long captions', colour: '#2563eb' },
  { key: 'imageTextShort', label: 'short captions', colour: '#059669' },
  { key: 'regional', label: 'regional', colour: '#d97706' },
  { key: 'textContrast', label: 'texts of regions', colour: '#7c3aed' },
  { key: 'hardNegative', label: 'hard negatives', colour: '#dc2626' },
  { key: 'box', label: 'boxes', colour: '#2563eb' },
  { key: 'centreness', label: 'centreness', colour: '#059669' },
  { key: 'overlap', label: 'overlap', colour: '#d97706' },
];

/** Draws the losses of a run over its steps, each one smoothed over its raw values, as a PNG file. */
export async function writeLossPlot(entries: readonly LogEntry[], file: string): Promise<void> {
  const curves = parts.flatMap(({ key, label, colour }) => {
    const points = entries.flatMap(({ step, losses }) => {
      const y = losses[key];
      return y === undefined ? [] : [{ x: step, y }];
    });
    return points.length > 0 ? [{ label, colour, points, smoothed: smooth(points) }] : [];
  });
  const smoothed = curves.map(({ label, colour, smoothed }): Curve => {
    const last = smoothed[smoothed.length - 1].y.toFixed(3);
    return line(smoothed, colour, { label: `${label} ${last}`, borderWidth: 2 });
  });
  const raw = curves.map(({ colour, points }) =>
    line(points, `${colour}38`, { label: '', borderWidth: 1 }),
  );
  const first = entries[0]?.step ?? 0;
  const last = entries.at(-1);
  await writeChart(
    last ? `Training loss up to step ${last.step.toLocaleString('en')}` : 'Training loss',
    [...smoothed, ...raw],
    {
      plugins: {
        legend: {
          align: 'start',
          labels: {
            filter: ({ text }) => text !== '',
            ...{ usePointStyle: true, pointStyle: 'line' },
          },
        },
      },
      scales: {
        x: {
          type: 'linear',
          min: first,
          max: Math.max(first + 1, last?.step ?? 1),
          ...round('step'),
        },
        y: { min: 0, max: 1.05 * highest(curves), ...round('loss') },
      },
    },
    file,
  );
}

/** An axis that is marked at round numbers alone, steps at whole ones. */
function round(text: string) {
  return {
    title: { display: true, text },
    ticks: { includeBounds: false, precision: text === 'step' ? 0 : undefined },
  };
}

function line(
  points: readonly Point[],
  colour: string,
  style: { label: string; borderWidth: number },
): Curve {
  const data = thin(points);
  return {
    ...{ data, ...style, borderColor: colour, backgroundColor: colour },
    pointRadius: data.length === 1 ? 3 : 0,
  };
}

/** A few raw outliers must not flatten all the rest; the smoothed curves are shown whole. */
function highest(curves: readonly { points: Point[]; smoothed: Point[] }[]): number {
  const values = curves.flatMap(({ points }) => points.map(({ y }) => y)).sort((a, b) => a - b);
  const usual = values[Math.ceil(0.99 * (values.length - 1))] ?? 1;
  return curves
    .flatMap(({ smoothed }) => smoothed)
    .reduce((most, { y }) => Math.max(most, y), usual);
}

/** The mean over a window around each point, of about a fiftieth of the run. */
function smooth(points: readonly Point[]): Point[] {
  const reach = Math.floor(points.length / 100);
  const sums = [0];
  for (const { y } of points) sums.push(sums[sums.length - 1] + y);
  return points.map(({ x }, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(points.length, i + reach + 1);
    return { x, y: (sums[to] - sums[from]) / (to - from) };
  });
}

function thin(points: readonly Point[]): Point[] {
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
