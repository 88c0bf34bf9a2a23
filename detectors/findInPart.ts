import { setImmediate } from 'node:timers/promises';
import { clipBox, scaleBox } from '../src/geometry/boxes.js';
import { groupBy } from '../src/groupBy.js';
import { type Calibration, calibrate, uncalibrate } from './calibration.js';
import type { EncodedImage, EncodedPart } from './encodedImage.js';
import type { Asked, FindOptions } from './featureModel.js';
import { mergeTiles } from './mergeTiles.js';
import { bestOfAll, bestOfLabel, type Candidate, type PostprocessOptions } from './postprocess.js';

/** What is decided for all prompts. */
type Limits = PostprocessOptions & FindOptions;

/** A prompt, its least score as it is shown, and what makes shown scores of the model's. */
export interface Question extends Asked {
  calibration?: Calibration;
}

/** Undoing a calibration rounds; what that lets through is judged again with the other candidates. */
const roundingRoom = 1e-6;

/** What a part may show of each prompt, in their order; boxes in pixels of the part. */
export async function findInPart(
  { rect, seen }: EncodedPart,
  asked: readonly Question[],
  limits: FindOptions,
): Promise<Omit<Candidate, 'label'>[][]> {
  const [width, height] = [rect[2] - rect[0], rect[3] - rect[1]];
  const raw = asked.map(({ query, threshold, calibration }) => ({
    query,
    threshold: calibration ? uncalibrate(threshold, calibration) - roundingRoom : threshold,
  }));
  const found = await seen.find(raw, limits);
  return found.map((ofPrompt, i) => {
    const { calibration } = asked[i];
    return ofPrompt.map(({ box, score, worth }) => ({
      box: clipBox(scaleBox(box, width, height), width, height),
      score: calibration ? calibrate(score, calibration) : score,
      worth,
    }));
  });
}

/**
 * The detections that what was found in the parts makes, without what only a part's border makes of it. Other work of
 * the process goes on between labels: many parts and many labels take long.
 */
export async function joinParts(
  { parts, width, height }: EncodedImage,
  perPart: readonly Candidate[][],
  limits: Limits,
): Promise<Candidate[]> {
  const byLabel = perPart.map((candidates) => groupBy(candidates, ({ label }) => label));
  const found: Candidate[] = [];
  for (const label of new Set(byLabel.flatMap((labels) => [...labels.keys()]))) {
    const views = parts.map(({ rect }, i) => ({
      rect,
      detections: bestOfLabel(byLabel[i].get(label) ?? [], limits),
    }));
    found.push(...bestOfLabel(mergeTiles(views, { width, height }), limits));
    await setImmediate();
  }
  return bestOfAll(found, limits);
}
