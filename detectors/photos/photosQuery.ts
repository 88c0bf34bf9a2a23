import type { NameRow } from './nameRows.js';

/** A prompt as the model for photographs understands it. */
export interface PhotosQuery {
  phrasings: readonly NameRow[];
  /** Look-alikes: where one ranks better than every phrasing, the prompt is not there. */
  negatives: readonly NameRow[];
}
