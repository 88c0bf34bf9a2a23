import { scaleBox, type Xyxy } from '../../src/geometry/boxes.js';
import type { FeatureModel } from '../featureModel.js';
import { type Features, meanOfSets, normalised } from '../features.js';
import type { PreparedPicture, Sight } from '../preparedPicture.js';
import {
  likeliestClasses,
  logProbabilities,
  type RegionClass,
} from '../regions/closedVocabulary.js';
import { poolRegions } from '../regions/pool.js';

export interface RescorerSettings {
  /** What cosines are multiplied by before the softmax over the classes. */
  temperature: number;
  /** For each class the weight of FG-CLIP's probability, 0..1; the rest is the detector's confidence. */
  weights: readonly number[];
  /** Sizes at which a picture is looked at, in multiples of the size the model was trained on. */
  scales: readonly number[];
}

/**
 * Says which of a fixed set of classes the boxes of another detector show: the published protocol of
 * re-scoring. RoIAlign of the dense map at each box, cosine with every class's text, softmax over the
 * classes, geometric mean with the detector's confidence.
 */
export class Rescorer {
  readonly #model: FeatureModel;
  readonly #classes: Features;
  readonly #settings: RescorerSettings;

  /** @param classes a unit text feature for each class, from `classFeatures`. */
  constructor(model: FeatureModel, classes: Features, settings: RescorerSettings) {
    this.#model = model;
    this.#classes = classes;
    this.#settings = settings;
  }

  /** How pictures have to be prepared. */
  sight(): Sight {
    const { imageSize, patchSize } = this.#model;
    return { imageSize, patchSize, scales: this.#settings.scales, keepsImage: false };
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
    const { width, height } = picture;
    const [{ views }] = picture.parts;
    const seen: Features[] = [];
    for (const { shown, canvas } of views) {
      const { map, extent } = await this.#model.view(shown, canvas, 0);
      const [toColumns, toRows] = [extent.columns / width, extent.rows / height];
      const cells = boxes.map((box) => scaleBox(box, toColumns, toRows));
      seen.push(normalised(poolRegions(map, cells)));
    }
    const { temperature, weights } = this.#settings;
    const logarithms = logProbabilities(meanOfSets(seen), this.#classes, { temperature });
    return likeliestClasses(logarithms, confidences, weights);
  }

  /** Frees the model. */
  dispose(): Promise<void> {
    return this.#model.dispose();
  }
}
