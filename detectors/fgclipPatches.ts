import type { FgClip } from '../src/fgclip/model.js';
import type { TextLength } from '../src/fgclip/textLength.js';
import type { Grid } from '../src/geometry/grid.js';
import { type Normalisation, normalise, preprocess } from '../src/images/preprocess.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { type Features, features } from './features.js';
import type { ModelView, PatchModel } from './patchModel.js';
import { type NetworkProposer, networkNms } from './proposals/networkProposer.js';
import type { DenseMap } from './regions/pool.js';
import type { Size } from './scales.js';
import { TextFeatureCache } from './textFeatureCache.js';

/** An FG-CLIP model as detectors use it. */
export class FgClipPatches implements PatchModel {
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
    const [view] = await this.views([shown], canvas, mostProposals);
    return view;
  }

  async views(
    shown: readonly RgbImage[],
    canvas: Size,
    mostProposals: number,
  ): Promise<ModelView[]> {
    // What is left of the canvas stays 0, the mean colour.
    const size = 3 * canvas.width * canvas.height;
    const pixels = new Float32Array(shown.length * size);
    shown.forEach((image, i) => {
      normalise(image, this.#normalisation, pixels.subarray(i * size, (i + 1) * size), canvas);
    });
    const input = ndarray(pixels, [shown.length, 3, canvas.height, canvas.width]);
    const { dense, taps } = await this.#model.patchMaps(input);
    const extents = shown.map(({ height, width }) => ({
      rows: height / this.patchSize,
      columns: width / this.patchSize,
    }));
    const maps = extents.map((extent, i) => coveredPart(dense, i, extent));
    if (!this.#network || mostProposals === 0) {
      for (const tap of taps) tap.dispose();
      return maps.map((map, i) => ({ map, extent: extents[i] }));
    }
    const options = { most: mostProposals, nms: networkNms };
    const proposals = await this.#network.propose(taps, extents, options);
    return maps.map((map, i) => ({ map, extent: extents[i], proposals: proposals[i] }));
  }

  async imageFeatures(images: readonly RgbImage[]): Promise<Features> {
    const { imageSize } = this;
    const square = { ...this.#normalisation, width: imageSize, height: imageSize };
    const { data, shape } = await this.#model.imageFeatures(preprocess(images, square));
    return features(data as Float32Array, shape[1]);
  }

  async textFeatures(texts: readonly string[], length: TextLength = 'short'): Promise<Features> {
    const { data, shape } = await this.#model.textFeatures(texts, { length });
    return features(data as Float32Array, shape[1]);
  }

  vocabularyFeatures(texts: readonly string[]): Promise<Features> {
    return this.#cache.get(texts, () => this.textFeatures(texts));
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#model.dispose(), this.#network?.dispose()]);
  }
}

/**
 * The patches of a canvas that show a picture, be it in part.
 * @param dense [pictures, rows, columns, dimension].
 */
function coveredPart({ data, shape }: NdArray, picture: number, extent: Grid): DenseMap {
  const [, canvasRows, canvasColumns, dimension] = shape;
  const [rows, columns] = [Math.ceil(extent.rows), Math.ceil(extent.columns)];
  const covered = new Float32Array(rows * columns * dimension);
  for (let row = 0; row < rows; row++) {
    const start = (picture * canvasRows + row) * canvasColumns * dimension;
    const line = (data as Float32Array).subarray(start, start + columns * dimension);
    covered.set(line, row * columns * dimension);
  }
  return { features: features(covered, dimension), rows, columns };
}
