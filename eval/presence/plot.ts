import { writeChart } from '../../src/images/writeChart.js';
import type { PresenceItems } from './items.js';
import { presenceMeasures } from './measures.js';

const curves = [
  { measure: 'cgF1@0.5', label: 'cgF1', colour: '#2563eb' },
  {
    measure: 'positive_micro_F1@0.5',
    label: 'F1 of boxes in pictures that show the thing',
    colour: '#d97706',
  },
  { measure: 'IL_MCC', label: 'correlation of found and there (MCC)', colour: '#059669' },
];

/** Draws cgF1 and its two factors by the least score of a box that counts, at IoU 0.5, as a PNG file. */
export function writePresencePlot(items: PresenceItems, file: string): Promise<void> {
  const thresholds = Array.from({ length: 50 }, (_, i) => i / 50);
  const measured = thresholds.map((threshold) => presenceMeasures(items.countsAt(threshold)));
  const least = Math.min(0, ...measured.map(({ IL_MCC }) => Math.floor(10 * IL_MCC) / 10));
  return writeChart(
    'Is it there, and where: by the least score of a box that counts (IoU 0.5)',
    curves.map(({ measure, label, colour }) => ({
      type: 'line',
      label,
      data: thresholds.map((x, i) => ({ x, y: measured[i][measure] })),
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: 2,
      pointRadius: 0,
      clip: false,
    })),
    {
      scales: {
        x: {
          ...{ type: 'linear', min: 0, max: 1, ticks: { stepSize: 0.1 } },
          title: { display: true, text: 'score' },
        },
        y: { min: least, max: 1, ticks: { stepSize: 0.1 } },
      },
    },
    file,
  );
}
