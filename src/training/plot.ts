import { createCanvas, type SKRSContext2D } from 'canvas';
import { writeAtomically } from '../checkpoints/atomicFile.js';
import type { LogEntry } from './log.js';

interface Curve {
  label: string;
  colour: string;
  points: { step: number; value: number }[];
}

interface Axes {
  x: (step: number) => number;
  y: (value: number) => number;
  xTicks: number[];
  yTicks: number[];
}

const [width, height, sharpness] = [1000, 560, 2];
const frame = { left: 72, right: 32, top: 76, bottom: 56 };
const mostPoints = 2000;
const font = (size: number) => `${size}px sans-serif`;

const parts: { key: string; label: string; colour: string }[] = [
  { key: 'total', label: 'total, weighted', colour: '#1f2937' },
  { key: 'imageTextLong', label: 'long captions', colour: '#2563eb' },
  { key: 'imageTextShort', label: 'short captions', colour: '#059669' },
  { key: 'regional', label: 'regional', colour: '#d97706' },
  { key: 'hardNegative', label: 'hard negatives', colour: '#dc2626' },
  { key: 'box', label: 'boxes', colour: '#2563eb' },
  { key: 'centreness', label: 'centreness', colour: '#059669' },
  { key: 'overlap', label: 'overlap', colour: '#d97706' },
];

/** Draws the losses of a run over its steps, each one smoothed over its raw values, as a PNG file. */
export async function writeLossPlot(entries: readonly LogEntry[], file: string): Promise<void> {
  const curves = parts.flatMap(({ key, label, colour }): Curve[] => {
    const points = entries.flatMap(({ step, losses }) => {
      const value = losses[key];
      return value === undefined ? [] : [{ step, value }];
    });
    return points.length > 0 ? [{ label, colour, points }] : [];
  });
  const canvas = createCanvas(width * sharpness, height * sharpness);
  const context = canvas.getContext('2d');
  context.scale(sharpness, sharpness);
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  const axes = makeAxes(curves);
  drawAxes(context, axes);
  for (const curve of curves) drawCurve(context, axes, thin(curve.points), curve.colour, 0.22, 1);
  for (const curve of curves) {
    drawCurve(context, axes, thin(smooth(curve.points)), curve.colour, 1, 2);
  }
  drawTitleAndLegend(context, curves, entries.at(-1));
  const png = canvas.toBuffer('image/png');
  await writeAtomically(file, (handle) => handle.writeFile(png));
}

/** The mean over a window around each point, of about a fiftieth of the run. */
function smooth(points: Curve['points']): Curve['points'] {
  const reach = Math.floor(points.length / 100);
  const sums = [0];
  for (const { value } of points) sums.push(sums.at(-1)! + value);
  return points.map(({ step }, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(points.length, i + reach + 1);
    return { step, value: (sums[to] - sums[from]) / (to - from) };
  });
}

function thin(points: Curve['points']): Curve['points'] {
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

function makeAxes(curves: Curve[]): Axes {
  const points = curves.flatMap((curve) => curve.points);
  const steps = points.map(({ step }) => step);
  // A few raw outliers must not flatten all the rest; the smoothed curves are shown whole.
  const values = points.map(({ value }) => value).sort((a, b) => a - b);
  const usual = values[Math.ceil(0.99 * (values.length - 1))] ?? 1;
  const smoothed = curves.flatMap((curve) => smooth(curve.points).map(({ value }) => value));
  const top = smoothed.reduce((a, b) => Math.max(a, b), usual);
  const first = steps.reduce((a, b) => Math.min(a, b), steps[0] ?? 0);
  const last = Math.max(
    first + 1,
    steps.reduce((a, b) => Math.max(a, b), 0),
  );
  const yTicks = ticks(0, top * 1.05 || 1);
  const highest = yTicks.at(-1)!;
  const innerWidth = width - frame.left - frame.right;
  const innerHeight = height - frame.top - frame.bottom;
  return {
    x: (step) => frame.left + (innerWidth * (step - first)) / (last - first),
    y: (value) => frame.top + innerHeight * (1 - Math.min(value, highest) / highest),
    xTicks: ticks(first, last).filter((tick) => tick >= first && tick <= last && tick % 1 === 0),
    yTicks,
  };
}

/** Round numbers, about seven, from at or below `low` to at or above `high`. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 7;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
  const [from, to] = [Math.floor(low / size), Math.ceil(high / size)];
  return Array.from({ length: to - from + 1 }, (_, i) =>
    Number(((from + i) * size).toPrecision(12)),
  );
}

function drawAxes(context: SKRSContext2D, axes: Axes): void {
  const [right, bottom] = [width - frame.right, height - frame.bottom];
  context.font = font(13);
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const tick of axes.yTicks) {
    const y = Math.round(axes.y(tick)) + 0.5;
    drawLine(context, tick === 0 ? '#6b7280' : '#e5e7eb', [frame.left, y], [right, y]);
    context.fillStyle = '#4b5563';
    context.fillText(String(tick), frame.left - 10, y);
  }
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const tick of axes.xTicks) {
    const x = Math.round(axes.x(tick)) + 0.5;
    drawLine(context, '#6b7280', [x, bottom], [x, bottom + 5]);
    context.fillStyle = '#4b5563';
    context.fillText(tick.toLocaleString('en'), x, bottom + 10);
  }
  context.fillText('step', (frame.left + right) / 2, bottom + 31);
  context.save();
  context.translate(20, (frame.top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = 'middle';
  context.fillText('loss', 0, 0);
  context.restore();
}

function drawLine(
  context: SKRSContext2D,
  colour: string,
  [x1, y1]: [number, number],
  [x2, y2]: [number, number],
): void {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

function drawCurve(
  context: SKRSContext2D,
  axes: Axes,
  points: Curve['points'],
  colour: string,
  opacity: number,
  lineWidth: number,
): void {
  context.save();
  context.globalAlpha = opacity;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = lineWidth;
  context.lineJoin = 'round';
  context.beginPath();
  for (const { step, value } of points) context.lineTo(axes.x(step), axes.y(value));
  context.stroke();
  if (points.length === 1) {
    context.beginPath();
    context.arc(axes.x(points[0].step), axes.y(points[0].value), 3, 0, 2 * Math.PI);
    context.fill();
  }
  context.restore();
}

function drawTitleAndLegend(context: SKRSContext2D, curves: Curve[], last?: LogEntry): void {
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = '#111827';
  context.font = `bold ${font(17)}`;
  const title = last
    ? `Training loss up to step ${last.step.toLocaleString('en')}`
    : 'Training loss';
  context.fillText(title, frame.left, 24);
  context.font = font(13);
  let x = frame.left;
  for (const { label, colour, points } of curves) {
    const value = smooth(points).at(-1)!.value;
    const text = `${label} ${value.toFixed(3)}`;
    context.lineWidth = 3;
    drawLine(context, colour, [x, 52], [x + 18, 52]);
    context.fillStyle = '#374151';
    context.fillText(text, x + 24, 52);
    x += 24 + context.measureText(text).width + 20;
  }
}
