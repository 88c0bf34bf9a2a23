import type { CocoDataset, CocoImage } from '../../datasets/coco.js';
import type { DetectOptions, Detector } from '../../detectors/detector.js';
import { type LookOptions, lookThroughDataset } from './findInDataset.js';

export interface PresenceOptions extends LookOptions {
  /** The share of things that are there at which false names are counted. */
  found: number;
}

/** A picture and a name: whether the thing is there, and the score of the best box of that name. */
interface Pair {
  present: boolean;
  /** 0 where nothing was found. */
  score: number;
}

/**
 * Whether things are there at all: each picture is asked for each category by itself, and the best box's score is the
 * answer. Measured as the area under the ROC curve of present against absent pairs, and as names that are
 * found in a picture without being there: at the model's threshold, and at the one that finds a given share
 * of what is there. Families with a gate are measured without it as well.
 * @param folder what the pictures' paths are relative to.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError for a picture that cannot be read
 */
export async function measurePresence(
  detector: Pick<Detector, 'encodeEach' | 'detect' | 'settings' | 'hasGate'>,
  dataset: CocoDataset,
  folder: string,
  { found, ...options }: PresenceOptions,
): Promise<Record<string, number> | undefined> {
  const { categories, images } = dataset;
  const names = categories.map(({ name }) => name.replaceAll('_', ' '));
  const store = await lookThroughDataset(
    detector,
    dataset,
    folder,
    async (encoded) => {
      const rows: number[] = [];
      const scoreOf = async (name: string, gate: boolean) => {
        const options: DetectOptions = { threshold: 0, maxDetections: 1, gate };
        return (await detector.detect(encoded, [name], options))[0]?.score ?? 0;
      };
      const scores = async (name: string) => {
        const gated = await scoreOf(name, true);
        return [detector.hasGate ? await scoreOf(name, false) : gated, gated];
      };
      for (const [i, name] of names.entries()) {
        // The columns are those of boxes: the scores with and without the gate stand where places do.
        rows.push(categories[i].id, 0, 0, 0, ...(await scores(name)));
      }
      return rows;
    },
    options,
  );
  if (!store.complete(images)) return undefined;
  const rows = store.results(images);
  const present = new Map(images.map((image) => [image.id, presentIn(image, dataset)]));
  const pairs = (scoreAt: (row: number) => number): Pair[] =>
    Array.from({ length: rows.count }, (_, row) => ({
      present: present.get(rows.imageIds[row])!.has(rows.categoryIds[row]),
      score: scoreAt(row),
    }));
  const gated = pairs((row) => rows.scores[row]);
  const plain = pairs((row) => rows.boxes[4 * row + 3]);
  const { threshold } = detector.settings;
  return {
    ...measuresOf(gated, '', { images: images.length, threshold, found }),
    ...(detector.hasGate &&
      measuresOf(plain, 'without gate: ', { images: images.length, threshold, found })),
    'present pairs': gated.filter((pair) => pair.present).length,
    'absent pairs': gated.filter((pair) => !pair.present).length,
    count: images.length,
  };
}

function presentIn({ boxes }: CocoImage, { categories }: CocoDataset): Set<number> {
  return new Set(boxes.map(({ category }) => categories[category].id));
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
