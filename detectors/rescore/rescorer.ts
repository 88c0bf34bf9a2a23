import type { Xyxy } from '../../src/geometry/boxes.js';
import type { BoxClassifier } from '../featureModel.js';
import type { PreparedPicture, Sight } from '../preparedPicture.js';
import { likeliestClasses, type RegionClass } from '../regions/closedVocabulary.js';

/**
 * Says which of a fixed set of classes the boxes of another detector show: the published protocol of
 * re-scoring, the geometric mean of the detector's confidence and the model's probability.
 */
export class Rescorer {
  readonly #classifier: BoxClassifier;
  readonly #weights: readonly number[];

  /** @param weights for each class that of the model's probability, 0..1; the rest is the detector's confidence. */
  constructor(classifier: BoxClassifier, weights: readonly number[]) {
    this.#classifier = classifier;
    this.#weights = weights;
  }

  /** How pictures have to be prepared. */
  sight(): Sight {
    return this.#classifier.sight();
  }

  /**
   * The likeliest class of each box, with its score.
   * @param boxes in pixels of the picture, inside it.
   * @param confidences the detector's, 0..1, of each box.
   */
  async score(
    picture: PreparedPicture,
    boxes: readonly Xyxy[],
    confidences: ArrayLike<number>,
  ): Promise<RegionClass[]> {
    if (boxes.length === 0) return [];
    const logarithms = await this.#classifier.classify(picture, boxes);
    return likeliestClasses(logarithms, confidences, this.#weights);
  }
}
