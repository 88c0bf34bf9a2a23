import type { FgClip } from '../src/fgclip/model.js';
import { type Preprocessing, preprocess } from '../src/images/preprocess.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import type { FeatureModel } from './featureModel.js';
import { type Features, features } from './features.js';
import type { DenseMap } from './regions/pool.js';
import type { Size } from './scales.js';
import { TextFeatureCache } from './textFeatureCache.js';

/** An FG-CLIP model as detectors use it. */
export class FgClipFeatures implements FeatureModel {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly #model: FgClip;
  readonly #preprocessing: Preprocessing;
  readonly #cache: TextFeatureCache;

  /** @param run from `runName`. */
  constructor(model: FgClip, preprocessing: Preprocessing, run: string) {
    this.imageSize = model.config.vision.imageSize;
    this.patchSize = model.config.vision.patchSize;
    this.#model = model;
    this.#preprocessing = preprocessing;
    this.#cache = new TextFeatureCache(model.folder, run);
  }

  async denseFeatures(image: RgbImage, size: Size): Promise<DenseMap> {
    const pixels = preprocess([image], { ...this.#preprocessing, ...size });
    const dense = await this.#model.denseFeatures(pixels);
    const [, rows, columns, dimension] = dense.shape;
    return { features: features(dense.data as Float32Array, dimension), rows, columns };
  }

  async textFeatures(texts: readonly string[]): Promise<Features> {
    const { data, shape } = await this.#model.textFeatures(texts);
    return features(data as Float32Array, shape[1]);
  }

  vocabularyFeatures(texts: readonly string[]): Promise<Features> {
    return this.#cache.get(texts, () => this.textFeatures(texts));
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }
}
