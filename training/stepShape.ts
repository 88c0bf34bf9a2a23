import { UserError } from '../src/errors.js';
import type { Ranks } from '../src/ranks/ranks.js';

/** How the pictures of a step are shared out. */
export interface StepShape {
  /** Pictures of a step, of all ranks. */
  batch: number;
  /** Pictures at a time. */
  microBatch: number;
  rank: number;
  ranks: number;
}

/**
 * Pictures of a step that each rank has.
 * @throws UserError when they cannot be shared out equally
 */
export function shareOfStep(batch: number, { size }: Ranks): number {
  if (batch % size === 0) return batch / size;
  throw new UserError(`"batch" is ${batch}, which ${size} processes cannot share equally.`);
}

/** @throws UserError when a share is not a whole number of parts */
export function assertDivides(name: string, part: number, share: number): void {
  if (share % part === 0) return;
  throw new UserError(
    `"${name}" is ${part}, which does not divide the ${share} pictures of a step that each process has.`,
  );
}

/** Micro-batches of a step, on each rank. */
export function microBatches({ batch, microBatch, ranks }: Omit<StepShape, 'rank'>): number {
  return batch / ranks / microBatch;
}

/** Pictures of a step are held in memory for its second pass up to so many bytes, and else prepared again. */
const mostHeld = 2 ** 30;

/**
 * What a loader hands out of each step, to be gone through `passes` times.
 * @param pictureBytes that a picture takes
 */
export function batchSupply(shape: StepShape, pictureBytes: number, passes: number) {
  const bytes = (shape.batch / shape.ranks) * pictureBytes;
  const holdBatches = passes > 1 && bytes <= mostHeld;
  return { holdBatches, batches: microBatches(shape), times: holdBatches ? 1 : passes };
}
