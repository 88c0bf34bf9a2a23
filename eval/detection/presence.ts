import type { CocoDataset } from '../../datasets/coco.js';
import type { CocoResults } from '../../datasets/cocoResults.js';
import type { DetectOptions, Detector } from '../../detectors/detector.js';
import { askedOf } from '../presence/asked.js';
import { byPhrase } from '../presence/byPhrase.js';
import { PresenceItems } from '../presence/items.js';
import { presenceMeasures } from '../presence/measures.js';
import { type LookOptions, lookThroughDataset } from './findInDataset.js';

export interface PresenceOptions extends LookOptions {
  /** The share of things that are there at which false names are counted. */
  found: number;
  /** Least score of a box that SA-Co's measures count. Default: the model's threshold. */
  threshold?: number;
}

/** What a detector says of things that pictures may not show. */
export interface MeasuredPresence {
  measures: Record<string, number>;
  /** What was found of each thing in each picture, for other thresholds. */
  items: PresenceItems;
}

/** A picture and a name: whether the thing is there, and the score of the best box of that name. */
interface Pair {
  present: boolean;
  /** 0 where nothing was found. */
  score: number;
}

/** Boxes of a name and picture that are kept, and the least score of those after the best one. */
const [mostBoxes, leastScore] = [100, 0.02];

/** Scores without the gate are kept as those of categories that no file has. */
const ungated = (categoryId: number) => -1 - categoryId;

/**
 * Whether things are there at all, and where: each picture is asked for each category by itself, of LVIS and SA-Co for
 * what its annotators looked for. The best box's score is the answer to the first question, measured as the area under
 * the ROC curve of present against absent pairs, and as names that are found in a picture without being there: at the
 * model's threshold, and at the one that finds a given share of what is there. Families with a gate are measured
 * without it as well. Of boxes there are SA-Co's measures: see `presenceMeasures`.
 * @param folder what the pictures' paths are relative to.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError for a picture that cannot be read, and a data set of phrases that ask the same twice
 */
export async function measurePresence(
  detector: Pick<Detector, 'encodeEach' | 'detect' | 'settings' | 'hasGate'>,
  listed: CocoDataset,
  folder: string,
  { found, threshold = detector.settings.threshold, ...options }: PresenceOptions,
): Promise<MeasuredPresence | undefined> {
  const dataset = byPhrase(listed);
  const { images } = dataset;
  const store = await lookThroughDataset(
    detector,
    dataset,
    folder,
    async (encoded, image) => {
      const rows: number[] = [];
      const ask = (name: string, gate: boolean, maxDetections: number) => {
        const options: DetectOptions = { threshold: 0, maxDetections, gate };
        return detector.detect(encoded, [name], options);
      };
      for (const { category } of askedOf(image, dataset)) {
        const name = category.name.replaceAll('_', ' ');
        const boxes = await ask(name, true, mostBoxes);
        for (const [i, { score, box }] of boxes.entries()) {
          if (i > 0 && score < Math.min(leastScore, threshold)) break;
          const { xmin, ymin, xmax, ymax } = box;
          rows.push(category.id, xmin, ymin, xmax - xmin, ymax - ymin, score);
        }
        if (!detector.hasGate) continue;
        const [best] = await ask(name, false, 1);
        rows.push(ungated(category.id), 0, 0, 0, 0, best?.score ?? 0);
      }
      return rows;
    },
    options,
  );
  if (!store.complete(images)) return undefined;
  const results = store.results(images);
  const items = new PresenceItems([{ dataset, results }]);
  const best = bestScores(results);
  const pairs = (asScored: (categoryId: number) => number): Pair[] =>
    images.flatMap((image) => {
      const shown = new Set(image.boxes.map(({ category }) => dataset.categories[category].id));
      return askedOf(image, dataset).map(({ category: { id } }) => ({
        present: shown.has(id),
        score: best.get(`${image.id} ${asScored(id)}`) ?? 0,
      }));
    });
  const gated = pairs((id) => id);
  const at = { images: images.length, threshold: detector.settings.threshold, found };
  const measures = {
    ...measuresOf(gated, '', at),
    ...(detector.hasGate && measuresOf(pairs(ungated), 'without gate: ', at)),
    ...presenceMeasures(items.countsAt(threshold)),
    'present pairs': gated.filter((pair) => pair.present).length,
    'absent pairs': gated.filter((pair) => !pair.present).length,
    count: images.length,
  };
  return { measures, items };
}

/** The best score of each picture and category, by their ids. */
function bestScores({ count, imageIds, categoryIds, scores }: CocoResults): Map<string, number> {
  const best = new Map<string, number>();
  for (let row = 0; row < count; row++) {
    const pair = `${imageIds[row]} ${categoryIds[row]}`;
    best.set(pair, Math.max(best.get(pair) ?? 0, scores[row]));
  }
  return best;
}

function measuresOf(
  pairs: readonly Pair[],
  prefix: string,
  { images, threshold, found }: { images: number; threshold: number; found: number },
): Record<string, number> {
  const there = pairs.filter(({ present }) => present).map(({ score }) => score);
  const absent = pairs.filter(({ present }) => !present).map(({ score }) => score);
  const shareFrom = (least: number) =>
    there.filter((score) => score >= least).length / there.length;
  const falseFrom = (least: number) => absent.filter((score) => score >= least).length / images;
  // The threshold that finds that share, or the next that can be had.
  const at = there.toSorted((a, b) => b - a)[Math.ceil(found * there.length) - 1];
  return {
    [`${prefix}AUC`]: areaUnderCurve(there, absent),
    [`${prefix}found`]: shareFrom(threshold),
    [`${prefix}false names`]: falseFrom(threshold),
    [`${prefix}false names at ${Math.round(100 * found)} % found`]: falseFrom(at),
    [`${prefix}threshold at ${Math.round(100 * found)} % found`]: at,
  };
}

/** The probability that a present pair scores above an absent one, ties counted half: Mann and Whitney's statistic. */
export function areaUnderCurve(present: readonly number[], absent: readonly number[]): number {
  const sorted = Float64Array.from(absent).sort();
  let sum = 0;
  for (const score of present) {
    const below = firstNotBelow(sorted, score, false);
    const notAbove = firstNotBelow(sorted, score, true);
    sum += (below + notAbove) / 2;
  }
  return sum / (present.length * absent.length);
}

/** How many sorted values are below a value, or with `orEqual` not above it. */
function firstNotBelow(sorted: Float64Array, value: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
