import type { NameRow } from './nameRows.js';

/** A prompt as the model for photographs understands it: in words, by examples, or both. */
export interface PhotosQuery {
  phrasings: readonly NameRow[];
  /** Look-alikes: where one ranks better than every phrasing, the prompt is not there. */
  negatives: readonly NameRow[];
  examples?: ExampleLooks;
}

/** What examples look like, apart from the background. */
export interface ExampleLooks {
  /** What those that show the thing have in common: a unit vector. */
  look: Float32Array;
  /** Each of them. */
  shown: readonly Float32Array[];
  /** Look-alikes: where one is nearer than all of those, the thing is not there. */
  unlike: readonly Float32Array[];
}
