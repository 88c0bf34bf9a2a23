import type { Features } from '../features.js';

/** Image features, made ready for any number of queries. */
export interface Evidence {
  /** Unit image features. */
  features: Features;
  /** [features, contrast]: likeness to each contrast text. */
  contrast: Float64Array;
  /** [features]: sum over the contrast texts. */
  total: Float64Array;
}
