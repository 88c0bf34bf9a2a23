import { boxContainment, boxIou, type Xyxy } from '../src/geometry/boxes.js';
import { nms } from '../src/geometry/nms.js';
import type { FindOptions, Found } from './featureModel.js';
import { type Enclosure, resolution } from './proposals/enclosure.js';
import { refineBox } from './proposals/refine.js';
import type { Query } from './regions/classifier.js';
import type { PictureRegions } from './regions/pictureRegions.js';
import type { View } from './view.js';

const { max, sqrt } = Math;

/** The least score, and what duplicates are. */
type ViewOptions = Pick<FindOptions, 'nms' | 'containment'> & { threshold: number };

/**
 * The regions among those of a picture that may show what a query asks. A score is the geometric mean of
 * the probability that the region shows it and of the proposal's quality.
 * @param options.weighQuality false leaves the quality out: the score is the probability. Default: true.
 */
export function findAmong(
  found: PictureRegions,
  query: Query,
  { threshold, weighQuality = true }: { threshold: number; weighQuality?: boolean },
): Found[] {
  const { regions } = found;
  const scoreOf = (index: number, probability: number) =>
    weighQuality ? sqrt(probability * regions[index].quality) : probability;
  const probabilities = found.probabilities(
    query,
    (index, most) => scoreOf(index, most) >= threshold,
  );
  const likely: Found[] = [];
  for (const [index, { box }] of regions.entries()) {
    const score = scoreOf(index, probabilities[index]);
    if (score >= threshold) likely.push({ box, score, worth: score });
  }
  return likely;
}

interface Candidate extends Found {
  view: View;
  enclosure: Enclosure;
}

/** Most regions of one view that are scored. */
const mostProposals = 60;
/** A score must reach the threshold only after refinement, before it this share of it. */
const earlyShare = 0.5;

/**
 * The regions of a picture that show what a query asks, from its patches alone: every view's windows,
 * scored, their edges refined. A score is the probability that the region shows it, times how well the
 * box encloses what does. Duplicates of the refined boxes are left in.
 */
export function findInViews(views: readonly View[], query: Query, options: ViewOptions): Found[] {
  const proposed = views.flatMap((view) => propose(view, query));
  const likely = proposed.filter(({ score }) => score >= options.threshold * earlyShare);
  return withoutDuplicates(likely, options)
    .map((candidate) => refine(candidate, query))
    .filter(({ score }) => score >= options.threshold)
    .map(({ box, score, worth }) => ({ box, score, worth }));
}

function propose(view: View, query: Query): Candidate[] {
  const proposals = view.propose(query, mostProposals);
  const probabilities = view.probabilities(
    proposals.map(({ box }) => box),
    query,
  );
  return proposals.map(({ box, enclosure }, i) =>
    candidate(view, enclosure, box, probabilities[i] * enclosure.of(box)),
  );
}

function refine({ view, enclosure, box }: Candidate, query: Query): Candidate {
  const { rows, columns } = view.map;
  const scores = (boxes: readonly Xyxy[]) => {
    const probabilities = view.probabilities(boxes, query);
    return boxes.map((moved, i) => probabilities[i] * enclosure.of(moved));
  };
  const { box: refined, worth: score } = refineBox(view.toCells(box), rows, columns, scores);
  return candidate(view, enclosure, refined, score);
}

/** @param box in cells. */
function candidate(view: View, enclosure: Enclosure, box: Xyxy, score: number): Candidate {
  return { view, enclosure, box: view.toShares(box), score, worth: score * resolution(box) };
}

function withoutDuplicates(candidates: Candidate[], options: ViewOptions): Candidate[] {
  const boxes = candidates.map(({ box }) => box);
  const worths = candidates.map(({ worth }) => worth);
  // One measure for both rules: above 1 when either limit is passed.
  const overlap = (a: Xyxy, b: Xyxy) =>
    max(boxIou(a, b) / options.nms, boxContainment(a, b) / options.containment);
  return nms(boxes, worths, 1, overlap).map((index) => candidates[index]);
}
