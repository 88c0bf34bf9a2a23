import type { TextLength } from '../src/fgclip/textLength.js';
import type { Grid } from '../src/geometry/grid.js';
import type { PatchLimit } from '../src/images/naflex.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import type { Features } from './features.js';
import type { GridProposal } from './proposals/decode.js';
import type { DenseMap } from './regions/pool.js';
import type { Size } from './scales.js';

/** A picture as a model sees it at one size. */
export interface ModelView {
  map: DenseMap;
  /** The picture's size in cells of the map: the last row and column may show it in part. */
  extent: Grid;
  /** What a trained proposal network finds, in cells of the map, by falling quality. */
  proposals?: readonly GridProposal[];
}

/** Patch features of pictures and features of texts in one space: what `ContrastModel` makes a detector of. */
export interface PatchModel {
  /** Side in pixels of the square that the model was trained on. */
  readonly imageSize: number;
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  /** The most patches of a picture, where pictures keep their own aspect ratio instead of filling a canvas. */
  readonly patchLimit?: PatchLimit;
  /** Whether it was trained on Chinese texts, too; else on English ones. */
  readonly readsChinese?: boolean;
  /** Whether it brings a trained proposal network. */
  readonly hasNetwork: boolean;
  /**
   * Looks at a picture in the top left corner of a canvas.
   * @param shown the picture, resized to fit.
   * @param canvas in whole patches.
   * @param mostProposals how many regions the proposal network may find; 0 leaves it alone.
   */
  view(shown: RgbImage, canvas: Size, mostProposals: number): Promise<ModelView>;
  /** `view` of several pictures at once, on canvases of one size. */
  views?(shown: readonly RgbImage[], canvas: Size, mostProposals: number): Promise<ModelView[]>;
  /** Features of whole pictures, in the given order. Not normalised. */
  imageFeatures?(images: readonly RgbImage[]): Promise<Features>;
  /** Features of texts, short ones unless it is said, in the given order. Not normalised. */
  textFeatures(texts: readonly string[], length?: TextLength): Promise<Features>;
  /** As `FeatureModel.globalScores`. */
  globalScores?(images: Features, texts: Features): Float32Array;
  /** `textFeatures` of a list that is the same in every run, and so may be kept on the disk. */
  vocabularyFeatures?(texts: readonly string[]): Promise<Features>;
  dispose(): Promise<void>;
}
