import { fgclipObjective } from '../src/fgclip/objective.js';
import { fgclip2Objective } from '../src/fgclip2/objective.js';
import type { LossWeights, Objective } from '../src/nn/objective.js';
import type { TrainedModel } from './initialModel.js';

/** What a model learns, by its family. Its batches are those that the family's `BatchForm` makes. */
export function objectiveOf(model: TrainedModel, weights: LossWeights): Objective {
  return model.family === 'fgclip2'
    ? (fgclip2Objective(model.config, weights) as Objective)
    : (fgclipObjective(model.config, weights) as Objective);
}
