import type { FgClip2 } from '../src/fgclip2/model.js';
import { patchesOf } from '../src/fgclip2/preprocess.js';
import type { TextLength } from '../src/fgclip2/textLength.js';
import { groupBy } from '../src/groupBy.js';
import { mostDynamic, type PatchLimit } from '../src/images/naflex.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { ndarray } from '../src/jit/ndarray.js';
import { type Features, features } from './features.js';
import type { ModelView, PatchModel } from './patchModel.js';
import { type NetworkProposer, networkNms } from './proposals/networkProposer.js';
import type { Size } from './scales.js';
import { TextFeatureCache } from './textFeatureCache.js';

/** An FG-CLIP 2 model as detectors use it. */
export class FgClip2Patches implements PatchModel {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly patchLimit: PatchLimit;
  readonly readsChinese = true;
  readonly hasNetwork: boolean;
  readonly #model: FgClip2;
  readonly #network: NetworkProposer | undefined;
  readonly #cache: TextFeatureCache;

  /**
   * @param network whose taps the model was loaded with.
   * @param patchLimit the most patches of a picture.
   * @param run from `runName`.
   */
  constructor(
    model: FgClip2,
    network: NetworkProposer | undefined,
    patchLimit: PatchLimit,
    run: string,
  ) {
    const { patchSize } = model.patchSettings;
    this.imageSize = patchSize * Math.sqrt(patchLimit === 'dynamic' ? mostDynamic : patchLimit);
    this.patchSize = patchSize;
    this.patchLimit = patchLimit;
    this.hasNetwork = network !== undefined;
    this.#model = model;
    this.#network = network;
    this.#cache = new TextFeatureCache(model.folder, run);
  }

  async view(shown: RgbImage, canvas: Size, mostProposals: number): Promise<ModelView> {
    const [view] = await this.views([shown], canvas, mostProposals);
    return view;
  }

  async views(
    shown: readonly RgbImage[],
    _canvas: Size,
    mostProposals: number,
  ): Promise<ModelView[]> {
    const { patchSize } = this;
    const pictures = shown.map((image) => ({
      patches: patchesOf(image, this.#model.patchSettings),
      rows: image.height / patchSize,
      columns: image.width / patchSize,
      width: image.width,
      height: image.height,
    }));
    const network = mostProposals > 0 ? this.#network : undefined;
    const maps = network
      ? await this.#model.patchMaps(pictures)
      : (await this.#model.denseFeatures(pictures)).map((dense) => ({ dense, taps: [] }));
    const views: ModelView[] = [];
    for (const { dense, taps } of maps) {
      const [rows, columns, dimension] = dense.shape;
      const extent = { rows, columns };
      const map = { features: features(dense.data as Float32Array, dimension), ...extent };
      const proposals = await network?.propose(
        taps.map((tap) => tap.reshaped([1, ...tap.shape])),
        [extent],
        { most: mostProposals, nms: networkNms },
      );
      views.push({ map, extent, ...(proposals && { proposals: proposals[0] }) });
    }
    return views;
  }

  async imageFeatures(images: readonly RgbImage[]): Promise<Features> {
    const pictures = images.map((image) => this.#model.preprocess(image, this.patchLimit));
    const { data, shape } = await this.#model.imageFeatures(pictures);
    return features(data as Float32Array, shape[1]);
  }

  /**
   * @param length default: that of prompts, which regions and patches are compared with. Of `short` texts, for whole
   *   pictures, those that would be cut are taken as `long` ones.
   */
  async textFeatures(texts: readonly string[], length: TextLength = 'box'): Promise<Features> {
    const model = this.#model;
    const dimension = model.config.vision.hiddenSize;
    const values = new Float32Array(texts.length * dimension);
    const alike = groupBy(texts.keys(), (place) =>
      length === 'short' ? model.captionLength(texts[place]) : length,
    );
    for (const [own, places] of alike) {
      const { data } = await model.textFeatures(
        places.map((place) => texts[place]),
        { length: own },
      );
      places.forEach((place, i) => {
        values.set(data.subarray(i * dimension, (i + 1) * dimension), place * dimension);
      });
    }
    return features(values, dimension);
  }

  globalScores(images: Features, texts: Features): Float32Array {
    const [a, b] = [images, texts].map(({ values, count, dimension }) =>
      ndarray(values, [count, dimension]),
    );
    return this.#model.globalScores(a, b).data as Float32Array;
  }

  vocabularyFeatures(texts: readonly string[]): Promise<Features> {
    return this.#cache.get(texts, () => this.textFeatures(texts));
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#model.dispose(), this.#network?.dispose()]);
  }
}
