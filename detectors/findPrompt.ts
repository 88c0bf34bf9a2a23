import { boxContainment, boxIou, scaleBox, type Xyxy } from './boxes.js';
import { nms } from './nms.js';
import { denseProposals } from './proposals/dense.js';
import { Enclosure, refineBox, resolution } from './proposals/refine.js';
import type { Evidence, Query, RegionClassifier } from './regions/classifier.js';
import { type DenseMap, poolRegions } from './regions/pool.js';

/** A picture as encoded at one scale. */
export interface View {
  map: DenseMap;
  evidence: Evidence;
}

/** A region found for a prompt; the box in shares of the picture's sides. */
export interface Found {
  box: Xyxy;
  /** The region's probability of showing the prompt. */
  score: number;
}

export interface FindOptions {
  threshold: number;
  nms: number;
  containment: number;
  maxDetections: number;
}

interface Candidate extends Found {
  view: View;
  enclosure: Enclosure;
  /** What duplicates are judged by: the score, and how well the box fits what stands out. */
  worth: number;
}

/** Most proposals of one view whose regions are scored. */
const mostProposals = 60;
/** A box must only once be better than the threshold after refinement, not before. */
const earlyShare = 0.5;

/**
 * The regions of a picture that show what a query asks: proposals from every view's probability map,
 * scored by their region feature, without duplicates, their edges refined. Nothing but the views and
 * the query decides the result.
 */
export function findPrompt(
  views: readonly View[],
  query: Query,
  classifier: RegionClassifier,
  options: FindOptions,
): Found[] {
  const early = options.threshold * earlyShare;
  const candidates = views.flatMap((view) => propose(view, query, classifier, early));
  const refined = withoutDuplicates(candidates, options).map((candidate) =>
    refine(candidate, query, classifier),
  );
  return withoutDuplicates(refined, options)
    .filter(({ score }) => score >= options.threshold)
    .map(({ box, score }) => ({ box, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, options.maxDetections);
}

function propose(
  view: View,
  query: Query,
  classifier: RegionClassifier,
  floor: number,
): Candidate[] {
  const { rows, columns } = view.map;
  const probability = classifier.probabilities(view.evidence, query);
  const proposals = denseProposals(probability, rows, columns, floor).slice(0, mostProposals);
  const scores = scoreBoxes(
    view,
    query,
    classifier,
    proposals.map(({ box }) => box),
  );
  const enclosures = new Map<number, Enclosure>();
  return proposals.flatMap(({ box, peak }, i) => {
    if (scores[i] < floor) return [];
    const enclosure = enclosures.get(peak) ?? new Enclosure(probability, rows, columns, peak);
    enclosures.set(peak, enclosure);
    const relative = scaleBox(box, 1 / columns, 1 / rows);
    const worth = scores[i] * enclosure.of(box) * resolution(box);
    return [{ box: relative, score: scores[i], worth, view, enclosure }];
  });
}

function refine(candidate: Candidate, query: Query, classifier: RegionClassifier): Candidate {
  const { view, enclosure } = candidate;
  const { rows, columns } = view.map;
  const worths = (boxes: readonly Xyxy[]) => {
    const scores = scoreBoxes(view, query, classifier, boxes);
    return boxes.map((box, i) => scores[i] * enclosure.of(box));
  };
  const box = refineBox(scaleBox(candidate.box, columns, rows), rows, columns, worths);
  const [score] = scoreBoxes(view, query, classifier, [box]);
  const relative = scaleBox(box, 1 / columns, 1 / rows);
  return { ...candidate, box: relative, score, worth: score * enclosure.of(box) * resolution(box) };
}

function scoreBoxes(
  { map }: View,
  query: Query,
  classifier: RegionClassifier,
  boxes: readonly Xyxy[],
): Float32Array {
  return classifier.probabilities(classifier.evidence(poolRegions(map, boxes)), query);
}

function withoutDuplicates(candidates: Candidate[], options: FindOptions): Candidate[] {
  const boxes = candidates.map(({ box }) => box);
  const worths = candidates.map(({ worth }) => worth);
  // One measure for both rules: above 1 when either limit is passed.
  const overlap = (a: Xyxy, b: Xyxy) =>
    Math.max(boxIou(a, b) / options.nms, boxContainment(a, b) / options.containment);
  return nms(boxes, worths, 1, overlap).map((index) => candidates[index]);
}
