import { writeChart } from '../../src/images/writeChart.js';
import type { Bin } from './calibration.js';

/** Draws how precise detections of a score are, and how many there are, as a PNG file. */
export function writeCalibrationPlot(bins: readonly Bin[], file: string): Promise<void> {
  const share = { min: 0, max: 1, ticks: { stepSize: 0.1 } };
  return writeChart(
    'How often detections of a score are right',
    [
      {
        type: 'line',
        label: 'detections',
        data: bins.map(({ score, precision }) => ({ x: score, y: precision })),
        borderColor: '#2563eb',
        backgroundColor: '#2563eb',
        pointRadius: 4,
        borderWidth: 2,
        clip: false,
      },
      {
        type: 'line',
        label: 'a score that is the probability of being right',
        data: [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        borderColor: '#6b7280',
        borderDash: [6, 4],
        borderWidth: 1.5,
        pointRadius: 0,
      },
      {
        type: 'bar',
        label: 'number of detections',
        data: bins.map(({ score, count }) => ({ x: score, y: count })),
        borderColor: '#bfdbfe',
        borderWidth: 3,
        backgroundColor: '#bfdbfe',
        barThickness: 40,
        yAxisID: 'count',
      },
    ],
    {
      scales: {
        x: { ...share, type: 'linear', offset: false, title: { display: true, text: 'score' } },
        y: { ...share, title: { display: true, text: 'precision (IoU 0.5)' } },
        count: {
          type: 'logarithmic',
          position: 'right',
          min: 1,
          ticks: { callback: powersOfTen },
          grid: { display: false },
          title: { display: true, text: 'number of detections' },
        },
      },
    },
    file,
  );
}

function powersOfTen(value: string | number): string {
  return Number.isInteger(Math.log10(Number(value))) ? Number(value).toLocaleString('en') : '';
}
