import type { RgbImage } from '../src/images/rgbImage.js';
import type { Features } from './features.js';
import type { DenseMap } from './regions/pool.js';
import type { Size } from './scales.js';

/** What a detector needs of a model: patch features of pictures and features of texts, in one space. */
export interface FeatureModel {
  /** Side in pixels of the square that the model was trained on. */
  readonly imageSize: number;
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  /** Features of a picture's patches, the picture squashed to `size`, whole patches. Not normalised. */
  denseFeatures(image: RgbImage, size: Size): Promise<DenseMap>;
  /** Features of short texts, in the given order. Not normalised. */
  textFeatures(texts: readonly string[]): Promise<Features>;
  /** `textFeatures` of a list that is the same in every run, and so may be kept on the disk. */
  vocabularyFeatures?(texts: readonly string[]): Promise<Features>;
  dispose(): Promise<void>;
}
