import { join } from 'node:path';
import { writable } from '../../src/images/fonts.js';
import { type Curve, writeChart } from '../../src/images/writeChart.js';
import { type Evaluation, precisionByRecall, type Selection } from '../coco/index.js';
import type { CategoryScore } from './categoryScores.js';

/** A part of an evaluation that gets a curve of its own. */
export interface PlottedPart {
  label: string;
  selection: Selection;
}

/** What detectors are usually compared by. */
const cocoParts: readonly PlottedPart[] = [
  { label: 'IoU 0.50', selection: { iou: 0.5 } },
  { label: 'IoU 0.75', selection: { iou: 0.75 } },
  { label: 'IoU 0.50 to 0.95', selection: {} },
];

/** With LVIS's categories, also the rare, the common and the frequent ones apart. */
function protocolParts(
  categories: readonly Pick<CategoryScore, 'frequency'>[],
): readonly PlottedPart[] {
  if (!categories.some(({ frequency }) => frequency)) return cocoParts;
  const placesOf = (wanted: CategoryScore['frequency']) =>
    categories.flatMap(({ frequency }, place) => (frequency === wanted ? [place] : []));
  return [
    { label: 'IoU 0.50', selection: { iou: 0.5 } },
    { label: 'IoU 0.50 to 0.95', selection: {} },
    { label: 'rare categories', selection: { categories: placesOf('r') } },
    { label: 'common', selection: { categories: placesOf('c') } },
    { label: 'frequent', selection: { categories: placesOf('f') } },
  ];
}

const colours = ['#2563eb', '#d97706', '#059669', '#db2777', '#6b7280', '#7c3aed'];

/** Bars of one chart at most: more cannot be read. */
const mostBars = 80;

/**
 * Draws "precision-recall.png", with a curve for each part, and "categories.png", with a bar for each
 * category that has objects: all, or the best and the worst where there are more than 80.
 * @param folder made where it is missing.
 */
export async function writeScorePlots(
  folder: string,
  evaluation: Evaluation,
  categories: readonly CategoryScore[],
): Promise<void> {
  await writePrecisionRecall(
    evaluation,
    protocolParts(categories),
    join(folder, 'precision-recall.png'),
  );
  await writeCategoryBars(categories, join(folder, 'categories.png'));
}

function writePrecisionRecall(
  evaluation: Evaluation,
  parts: readonly PlottedPart[],
  file: string,
): Promise<void> {
  const { recallThresholds } = evaluation.parameters;
  const curves = parts.map(({ label, selection }, i): Curve => {
    const precision = precisionByRecall(evaluation, selection);
    const colour = colours[i % colours.length];
    return {
      type: 'line',
      label,
      data: recallThresholds.map((x, r) => ({ x, y: precision[r] })).filter(({ y }) => y >= 0),
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: 2,
      pointRadius: 0,
      clip: false,
    };
  });
  const share = { type: 'linear', min: 0, max: 1, ticks: { stepSize: 0.1 } } as const;
  return writeChart(
    'Precision by recall, mean over categories',
    curves,
    {
      scales: {
        x: { ...share, title: { display: true, text: 'recall' } },
        y: { ...share, title: { display: true, text: 'precision' } },
      },
    },
    file,
  );
}

function writeCategoryBars(categories: readonly CategoryScore[], file: string): Promise<void> {
  const scored = categories.filter(({ AP }) => AP >= 0).sort((a, b) => b.AP - a.AP);
  const half = mostBars / 2;
  const shown =
    scored.length <= mostBars ? scored : [...scored.slice(0, half), ...scored.slice(-half)];
  const names = writable(shown.map(({ name }) => name));
  const which =
    shown.length < scored.length
      ? `the ${half} best and ${half} worst of ${scored.length} categories`
      : 'of each category';
  const bars = (label: string, measure: 'AP' | 'AP50', color: string): Curve => ({
    type: 'bar',
    label,
    data: shown.map((category, y) => ({ x: category[measure], y })),
    indexAxis: 'y',
    backgroundColor: color,
    borderColor: color,
    // The legend draws its lines as wide as borders are.
    borderWidth: 2,
    grouped: false,
    barThickness: 7,
  });
  return writeChart(
    `Average precision, ${which}`,
    [bars('AP', 'AP', '#2563eb'), bars('AP50', 'AP50', '#bfdbfe')],
    {
      indexAxis: 'y',
      scales: {
        x: { type: 'linear', min: 0, max: 1, position: 'top', ticks: { stepSize: 0.1 } },
        y: {
          type: 'linear',
          min: -0.7,
          max: shown.length - 0.3,
          reverse: true,
          grid: { display: false },
          ticks: { autoSkip: false, callback: (place) => names[Number(place)] ?? '' },
          afterBuildTicks: (axis) => {
            axis.ticks = shown.map((_, value) => ({ value }));
          },
        },
      },
    },
    file,
    130 + 17 * shown.length,
  );
}
