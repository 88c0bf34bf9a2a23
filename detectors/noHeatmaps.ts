import { UserError } from '../src/errors.js';

/** What is said where heat maps are asked of a model that has none. */
export function noHeatmaps(): UserError {
  return new UserError(
    'This model has no heat maps: it finds boxes, without a map of the picture; FG-CLIP models have them ' +
      '(--model qihoo360/fg-clip-base).',
  );
}
