import { createCanvas } from 'canvas';
import { Chart, type ChartDataset, type ChartOptions, registerables } from 'chart.js';
import sharp from 'sharp';
import { writeAtomically } from '../files/atomicFile.js';
import { fontFamilies } from './fonts.js';

Chart.register(...registerables);
Chart.defaults.font.size = 13;

const [width, usualHeight, sharpness] = [1000, 560, 2];
const margin = 20;

/** What every chart looks like: still, with its title at the top left and the legend below it. */
const look: Options = {
  animation: false,
  responsive: false,
  devicePixelRatio: sharpness,
  layout: { padding: margin },
  color: '#374151',
  borderColor: '#e5e7eb',
};

const title = { display: true, align: 'start', color: '#111827', font: { size: 17 } } as const;
const legend = { align: 'start', labels: { usePointStyle: true, pointStyle: 'line' } } as const;

/** Places in the chart's units. */
export type Point = { x: number; y: number };
export type Curve = ChartDataset<'line' | 'bar', Point[]>;
type Options = ChartOptions<'line' | 'bar'>;

/**
 * Draws a chart as a PNG file, 2000 pixels wide.
 * @param text its title.
 * @param height half of what the picture has in pixels.
 */
export async function writeChart(
  text: string,
  datasets: Curve[],
  options: Options,
  file: string,
  height = usualHeight,
): Promise<void> {
  Chart.defaults.font.family = fontFamilies();
  const canvas = createCanvas(width, height);
  const chart = new Chart<'line' | 'bar', Point[]>(canvas as unknown as HTMLCanvasElement, {
    type: 'line',
    data: { datasets },
    options: {
      ...{ ...look, ...options },
      plugins: { title: { ...title, text }, legend, ...options.plugins },
    },
    plugins: [{ id: 'paper', beforeDraw: ({ ctx }) => fill(ctx) }],
  });
  // sharp encodes in a third of the time that the canvas itself takes, and on another thread.
  const raw = { width: canvas.width, height: canvas.height, channels: 4 } as const;
  const pixels = canvas.data();
  chart.destroy();
  const png = await sharp(pixels, { raw }).removeAlpha().png().toBuffer();
  await writeAtomically(file, (handle) => handle.writeFile(png));
}

function fill(context: CanvasRenderingContext2D): void {
  context.save();
  context.fillStyle = 'white';
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.restore();
}
