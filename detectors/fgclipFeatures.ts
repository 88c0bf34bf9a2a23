import type { FgClip } from '../src/fgclip/model.js';
import { type Normalisation, normalise } from '../src/images/preprocess.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import type { FeatureModel, ModelView } from './featureModel.js';
import { type Features, features } from './features.js';
import type { NetworkProposer } from './proposals/networkProposer.js';
import type { DenseMap } from './regions/pool.js';
import type { Size } from './scales.js';
import { TextFeatureCache } from './textFeatureCache.js';

/** Proposals of the network that overlap more are one; duplicates of a label are judged later. */
const networkNms = 0.7;

/** An FG-CLIP model as detectors use it. */
export class FgClipFeatures implements FeatureModel {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly hasNetwork: boolean;
  readonly #model: FgClip;
  readonly #network: NetworkProposer | undefined;
  readonly #normalisation: Normalisation;
  readonly #cache: TextFeatureCache;

  /**
   * @param network whose taps the model was loaded with.
   * @param run from `runName`.
   */
  constructor(
    model: FgClip,
    network: NetworkProposer | undefined,
    normalisation: Normalisation,
    run: string,
  ) {
    this.imageSize = model.config.vision.imageSize;
    this.patchSize = model.config.vision.patchSize;
    this.hasNetwork = network !== undefined;
    this.#model = model;
    this.#network = network;
    this.#normalisation = normalisation;
    this.#cache = new TextFeatureCache(model.folder, run);
  }

  async view(shown: RgbImage, canvas: Size, mostProposals: number): Promise<ModelView> {
    // What is left of the canvas stays 0, the mean colour.
    const pixels = new Float32Array(3 * canvas.width * canvas.height);
    normalise(shown, this.#normalisation, pixels, canvas);
    const input = ndarray(pixels, [1, 3, canvas.height, canvas.width]);
    const { dense, taps } = await this.#model.patchMaps(input);
    const extent = { rows: shown.height / this.patchSize, columns: shown.width / this.patchSize };
    const map = coveredPart(dense, Math.ceil(extent.rows), Math.ceil(extent.columns));
    if (!this.#network || mostProposals === 0) {
      for (const tap of taps) tap.dispose();
      return { map, extent };
    }
    const options = { most: mostProposals, nms: networkNms };
    return { map, extent, proposals: await this.#network.propose(taps, extent, options) };
  }

  async textFeatures(texts: readonly string[]): Promise<Features> {
    const { data, shape } = await this.#model.textFeatures(texts);
    return features(data as Float32Array, shape[1]);
  }

  vocabularyFeatures(texts: readonly string[]): Promise<Features> {
    return this.#cache.get(texts, () => this.textFeatures(texts));
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#model.dispose(), this.#network?.dispose()]);
  }
}

/** The patches of a canvas that show the picture, be it in part. @param dense [1, rows, columns, dimension]. */
function coveredPart({ data, shape }: NdArray, rows: number, columns: number): DenseMap {
  const [, , canvasColumns, dimension] = shape;
  const covered = new Float32Array(rows * columns * dimension);
  for (let row = 0; row < rows; row++) {
    const start = row * canvasColumns * dimension;
    const line = (data as Float32Array).subarray(start, start + columns * dimension);
    covered.set(line, row * columns * dimension);
  }
  return { features: features(covered, dimension), rows, columns };
}
