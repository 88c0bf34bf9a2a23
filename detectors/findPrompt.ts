import { boxContainment, boxIou, scaleBox, type Xyxy } from './boxes.js';
import { nms } from './nms.js';
import { type Enclosure, resolution } from './proposals/enclosure.js';
import { refineBox } from './proposals/refine.js';
import type { Query } from './regions/classifier.js';
import type { View } from './view.js';

/** A region found for a prompt; the box in shares of the picture's sides. */
export interface Found {
  box: Xyxy;
  /** The probability that the region shows the prompt, times how well the box encloses what does: 0..1. */
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
  /** What duplicates are judged by: of equal scores, the box whose edges are better known wins. */
  worth: number;
}

/** Most regions of one view that are scored. */
const mostProposals = 60;
/** A score must reach the threshold only after refinement, before it this share of it. */
const earlyShare = 0.5;

/**
 * The regions of a picture that show what a query asks: every view's proposals, scored, without
 * duplicates, their edges refined. Nothing but the views and the query decides the result.
 */
export function findPrompt(views: readonly View[], query: Query, options: FindOptions): Found[] {
  const proposed = views.flatMap((view) => propose(view, query));
  const likely = proposed.filter(({ score }) => score >= options.threshold * earlyShare);
  const refined = withoutDuplicates(likely, options).map((candidate) => refine(candidate, query));
  return withoutDuplicates(refined, options)
    .filter(({ score }) => score >= options.threshold)
    .map(({ box, score }) => ({ box, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, options.maxDetections);
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
  const start = scaleBox(box, columns, rows);
  const { box: refined, worth: score } = refineBox(start, rows, columns, scores);
  return candidate(view, enclosure, refined, score);
}

/** @param box in cells. */
function candidate(view: View, enclosure: Enclosure, box: Xyxy, score: number): Candidate {
  const relative = scaleBox(box, 1 / view.map.columns, 1 / view.map.rows);
  return { view, enclosure, box: relative, score, worth: score * resolution(box) };
}

function withoutDuplicates(candidates: Candidate[], options: FindOptions): Candidate[] {
  const boxes = candidates.map(({ box }) => box);
  const worths = candidates.map(({ worth }) => worth);
  // One measure for both rules: above 1 when either limit is passed.
  const overlap = (a: Xyxy, b: Xyxy) =>
    Math.max(boxIou(a, b) / options.nms, boxContainment(a, b) / options.containment);
  return nms(boxes, worths, 1, overlap).map((index) => candidates[index]);
}
