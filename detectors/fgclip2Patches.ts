import type { FgClip2 } from '../src/fgclip2/model.js';
import { patchesOf } from '../src/fgclip2/preprocess.js';
import type { TextLength } from '../src/fgclip2/textLength.js';
import { mostDynamic, type PatchLimit } from '../src/images/naflex.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { type Features, features } from './features.js';
import type { ModelView, PatchModel } from './patchModel.js';
import { TextFeatureCache } from './textFeatureCache.js';

/** An FG-CLIP 2 model as detectors use it. */
export class FgClip2Patches implements PatchModel {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly patchLimit: PatchLimit;
  readonly hasNetwork = false;
  readonly #model: FgClip2;
  readonly #cache: TextFeatureCache;

  /**
   * @param patchLimit the most patches of a picture.
   * @param run from `runName`.
   */
  constructor(model: FgClip2, patchLimit: PatchLimit, run: string) {
    const { patchSize } = model.patchSettings;
    this.imageSize = patchSize * Math.sqrt(patchLimit === 'dynamic' ? mostDynamic : patchLimit);
    this.patchSize = patchSize;
    this.patchLimit = patchLimit;
    this.#model = model;
    this.#cache = new TextFeatureCache(model.folder, run);
  }

  async view(shown: RgbImage): Promise<ModelView> {
    const [view] = await this.views([shown]);
    return view;
  }

  async views(shown: readonly RgbImage[]): Promise<ModelView[]> {
    const { patchSize } = this;
    const pictures = shown.map((image) => ({
      patches: patchesOf(image, this.#model.patchSettings),
      rows: image.height / patchSize,
      columns: image.width / patchSize,
      width: image.width,
      height: image.height,
    }));
    const maps = await this.#model.denseFeatures(pictures);
    return maps.map(({ data, shape: [rows, columns, dimension] }) => ({
      map: { features: features(data as Float32Array, dimension), rows, columns },
      extent: { rows, columns },
    }));
  }

  async imageFeatures(images: readonly RgbImage[]): Promise<Features> {
    const pictures = images.map((image) => this.#model.preprocess(image, this.patchLimit));
    const { data, shape } = await this.#model.imageFeatures(pictures);
    return features(data as Float32Array, shape[1]);
  }

  /** @param length default: that of prompts, which regions and patches are compared with. */
  async textFeatures(texts: readonly string[], length: TextLength = 'box'): Promise<Features> {
    const { data, shape } = await this.#model.textFeatures(texts, { length });
    return features(data as Float32Array, shape[1]);
  }

  vocabularyFeatures(texts: readonly string[]): Promise<Features> {
    return this.#cache.get(texts, () => this.textFeatures(texts));
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }
}
