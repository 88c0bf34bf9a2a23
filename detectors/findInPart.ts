import { clipBox, scaleBox } from '../src/geometry/boxes.js';
import { type Calibration, calibrate, uncalibrate } from './calibration.js';
import type { EncodedImage, EncodedPart } from './encodedImage.js';
import { type FindOptions, findAmong, findInViews } from './findPrompt.js';
import { mergeTiles } from './mergeTiles.js';
import { type Candidate, type PostprocessOptions, postprocess } from './postprocess.js';
import type { Query } from './regions/classifier.js';

/** What is decided for all prompts. */
type Limits = PostprocessOptions & FindOptions;

/** Undoing a calibration rounds; what that lets through is judged again with the other candidates. */
const roundingRoom = 1e-6;

/** What a part may show of a query; boxes in pixels of the part. */
export function findInPart(
  { rect, views, regions }: EncodedPart,
  query: Query,
  limits: Limits,
  calibration: Calibration | undefined,
): Omit<Candidate, 'label'>[] {
  const threshold = calibration
    ? uncalibrate(limits.threshold, calibration) - roundingRoom
    : limits.threshold;
  const [width, height] = [rect[2] - rect[0], rect[3] - rect[1]];
  const found = regions
    ? findAmong(regions, query, { threshold })
    : findInViews(views, query, { ...limits, threshold });
  return found.map(({ box, score, worth }) => ({
    box: clipBox(scaleBox(box, width, height), width, height),
    score: calibration ? calibrate(score, calibration) : score,
    worth,
  }));
}

/** One list of what was found in the parts, without what only a part's border makes of it. */
export function joinParts(
  { parts, width, height }: EncodedImage,
  perPart: readonly Candidate[][],
  limits: Limits,
): Candidate[] {
  const withinLabels = { ...limits, acrossLabels: undefined, maxPerImage: undefined };
  const views = parts.map(({ rect }, i) => ({
    rect,
    detections: postprocess(perPart[i], withinLabels),
  }));
  return mergeTiles(views, { width, height });
}
