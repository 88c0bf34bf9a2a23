import type { Arrays } from '../src/jit/jit.js';
import type { ComparedBatch, LossWeights } from '../src/nn/objective.js';
import type { Ranks } from '../src/ranks/ranks.js';
import type { OptimizerOptions } from './optimizer.js';

/** One micro-batch as the compiled step takes it; what pictures and texts look like is the family's. */
export type TrainingBatch = Arrays<ComparedBatch>;

export interface StepOptions extends OptimizerOptions, LossWeights {
  /** Pictures of a step, of all ranks. */
  batch: number;
  /** Pictures at a time. */
  microBatch: number;
  /** Pictures whose regions are compared with each other. */
  regionBatch: number;
  ranks: Ranks;
}
