import { createCanvas } from 'canvas';
import { Chart, registerables } from 'chart.js';
import { writeAtomically } from '../../src/checkpoints/atomicFile.js';
import type { Bin } from './calibration.js';

Chart.register(...registerables);

const [width, height, sharpness] = [720, 640, 2];
const [blue, grey, pale] = ['#2563eb', '#6b7280', '#e5e7eb'];

/** Draws how precise detections of a score are, and how many there are, as a PNG file. */
export async function writeCalibrationPlot(bins: readonly Bin[], file: string): Promise<void> {
  const canvas = createCanvas(width, height);
  const share = { min: 0, max: 1, ticks: { stepSize: 0.1 }, grid: { color: pale } };
  const chart = new Chart(canvas as unknown as HTMLCanvasElement, {
    data: {
      datasets: [
        {
          type: 'line',
          label: 'detections',
          data: bins.map(({ score, precision }) => ({ x: score, y: precision })),
          borderColor: blue,
          backgroundColor: blue,
          pointRadius: 4,
          clip: false,
        },
        {
          type: 'line',
          label: 'a score that is the probability of being right',
          data: [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ],
          borderColor: grey,
          borderDash: [6, 4],
          borderWidth: 1.5,
          pointRadius: 0,
          pointStyle: 'line',
        },
        {
          type: 'bar',
          label: 'number of detections',
          data: bins.map(({ score, count }) => ({ x: score, y: count })),
          backgroundColor: '#dbeafe',
          pointStyle: 'rect',
          barThickness: 36,
          yAxisID: 'count',
        },
      ],
    },
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: sharpness,
      layout: { padding: 16 },
      plugins: {
        title: {
          display: true,
          text: 'How often detections of a score are right',
          font: { size: 17 },
        },
        legend: { position: 'bottom', labels: { usePointStyle: true } },
      },
      scales: {
        x: { ...share, type: 'linear', offset: false, title: { display: true, text: 'score' } },
        y: { ...share, title: { display: true, text: 'precision (IoU 0.5)' } },
        count: {
          type: 'logarithmic',
          position: 'right',
          min: 1,
          grid: { display: false },
          title: { display: true, text: 'number of detections' },
        },
      },
    },
    plugins: [
      {
        id: 'paper',
        beforeDraw: ({ ctx }) => {
          ctx.save();
          ctx.fillStyle = 'white';
          ctx.fillRect(0, 0, width, height);
          ctx.restore();
        },
      },
    ],
  });
  const png = canvas.toBuffer('image/png');
  chart.destroy();
  await writeAtomically(file, (handle) => handle.writeFile(png));
}
