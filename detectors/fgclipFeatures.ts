import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../src/errors.js';
import type { FgClip } from '../src/fgclip/model.js';
import { type Preprocessing, preprocess } from '../src/images/preprocess.js';
import { parsePreprocessorConfig } from '../src/images/preprocessorConfig.js';
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

/**
 * The image settings in a model folder's preprocessor_config.json; CLIP's where there is none.
 * @throws UserError naming the file and what is wrong with it.
 */
export async function readPreprocessing(folder: string): Promise<Preprocessing> {
  const file = join(folder, 'preprocessor_config.json');
  if (!existsSync(file)) return parsePreprocessorConfig({}, file);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
  return parsePreprocessorConfig(json, file);
}
