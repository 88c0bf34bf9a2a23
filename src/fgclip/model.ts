import type * as tf from '@tensorflow/tfjs-core';
import { checkNumbers } from '../checkpoints/checkNumbers.js';
import type { HubOptions } from '../checkpoints/hub.js';
import type { Device } from '../jit/deviceNames.js';
import { type JitOptions, keptJit } from '../jit/jit.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { Precision } from '../jit/tracer.js';
import { roiWeights } from '../nn/roiWeights.js';
import { encodeInTurns, loadTokenizer, type Tokenizer } from '../text/tokenizer.js';
import type { FgClipConfig } from './config.js';
import type { ModelFunctions } from './functions.js';
import { loadModelFolder, type ModelFolder } from './modelFolder.js';
import { patchGrid } from './patchGrid.js';
import type { Packing } from './text.js';
import { textBatches } from './textBatches.js';
import { mostTokens, type TextLength } from './textLength.js';

export interface RunOptions {
  /** Default `cpu`. */
  device?: Device;
  /**
   * `float16` halves the memory that weights take. `int8` quantises those of linear layers while loading:
   * faster and smaller, slightly less exact.
   */
  precision?: Precision;
  /** Threads of one operator; default one per core. */
  threads?: number;
}

export interface LoadOptions extends RunOptions, HubOptions {
  /** After how many blocks of the vision tower `patchMaps` taps it. */
  taps?: readonly number[];
}

/** What detectors need of pictures. */
export interface PatchMaps {
  /** `denseFeatures`: [images, rows, columns, projection]. */
  dense: NdArray;
  /** The patches after the blocks named in `LoadOptions.taps`, each [images, rows, columns, width]. */
  taps: NdArray[];
}

/**
 * An FG-CLIP model that answers. Features are as the network gives them: L2-normalise before taking
 * cosines.
 *
 * ```ts
 * const model = await loadFgClip('qihoo360/fg-clip-base');
 * const texts = await model.textFeatures(['a red fire engine', 'a dog']);   // [2, 512]
 * ```
 */
export class FgClip {
  readonly config: FgClipConfig;
  /** The folder the model was loaded from. */
  readonly folder: string;
  readonly #functions: ReturnType<typeof compileModel>;
  #tokenizer: Promise<Tokenizer> | undefined;

  constructor(model: ModelFolder, options: RunOptions & Pick<LoadOptions, 'taps'> = {}) {
    this.config = model.config;
    this.folder = model.folder;
    this.#functions = compileModel(model, options);
  }

  /**
   * Global image features.
   * @param pixels float32 [images, 3, height, width], normalised (`preprocess`); sides are multiples of the patch
   * @returns [images, projection]
   */
  async imageFeatures(pixels: NdArray): Promise<NdArray> {
    const features = await this.#withTokens(pixels, (tokens) =>
      this.#functions.imageFeatures(tokens),
    );
    this.#check(features.data, 'pictures');
    return features;
  }

  /**
   * One feature per patch.
   * @param pixels float32 [images, 3, height, width], normalised; sides are multiples of the patch
   * @returns [images, rows, columns, projection]
   */
  async denseFeatures(pixels: NdArray): Promise<NdArray> {
    return this.#withTokens(pixels, (tokens) => this.#dense(pixels, tokens));
  }

  /** Dense features, and the patches after the blocks that `taps` named when the model was loaded. */
  async patchMaps(pixels: NdArray): Promise<PatchMaps> {
    const { tokens, taps } = await this.#functions.encode(pixels);
    try {
      return { dense: await this.#dense(pixels, tokens), taps };
    } finally {
      tokens.dispose();
    }
  }

  /** The taps of `patchMaps` alone. */
  async taps(pixels: NdArray): Promise<NdArray[]> {
    const { tokens, taps } = await this.#functions.encode(pixels);
    tokens.dispose();
    return taps;
  }

  /**
   * Features of boxes: RoIAlign of the dense features to one cell.
   * @param pixels float32 [images, 3, height, width], normalised; sides are multiples of the patch
   * @param boxes [regions, 5]: image index, then x1, y1, x2, y2 in units of the feature map (pixels / patch size)
   * @returns [regions, projection]; zeros for boxes without area or outside the picture
   */
  async regionFeatures(pixels: NdArray, boxes: NdArray): Promise<NdArray> {
    const maps = await this.denseFeatures(pixels);
    const [, rows, columns] = maps.shape;
    const regions = boxes.shape[0];
    // Rows are filled up with boxes without area, so that not every count of boxes is compiled anew.
    const slots = 2 ** Math.ceil(Math.log2(Math.max(regions, 8)));
    const corners = new Float32Array(slots * 4);
    const image = new Int32Array(slots);
    const { data } = boxes;
    for (let region = 0; region < regions; region++) {
      image[region] = data[region * 5];
      corners.set(data.subarray(region * 5 + 1, region * 5 + 5), region * 4);
    }
    const { rowWeights, columnWeights } = roiWeights(corners, rows, columns);
    const features = await this.#functions.regionFeatures(
      maps,
      ndarray(image, [slots]),
      ndarray(rowWeights, [slots, rows]),
      ndarray(columnWeights, [slots, columns]),
    );
    const { projectionDim } = this.config;
    return ndarray(features.data.slice(0, regions * projectionDim), [regions, projectionDim]);
  }

  /**
   * Features of texts. Texts are encoded side by side, with hardly any padding.
   * @param options.length `short` (default): captions, region descriptions, prompts; `long`: long captions.
   *   Texts beyond 77 or 248 tokens are cut.
   * @returns [texts, projection], in the order of `captions`
   * @throws UserError when the model folder has no tokenizer.json
   */
  async textFeatures(
    captions: readonly string[],
    { length = 'short' }: { length?: TextLength } = {},
  ): Promise<NdArray> {
    this.#tokenizer ??= loadTokenizer(this.folder);
    const tokenizer = await this.#tokenizer;
    const { text, projectionDim } = this.config;
    const encoded = await encodeInTurns(tokenizer, captions, {
      maxLength: mostTokens(text, length),
    });
    const features = new Float32Array(captions.length * projectionDim);
    for (const batch of textBatches(encoded, text)) {
      const { ids, segments, positions, shape, ends } = batch;
      const { data } = await this.#functions.textFeatures[length](
        ndarray(ids, shape),
        ndarray(ends, [ends.length]),
        { segments: ndarray(segments, shape), positions: ndarray(positions, shape) },
      );
      batch.texts.forEach((place, row) => {
        const feature = data.subarray(row * projectionDim, (row + 1) * projectionDim);
        features.set(feature, place * projectionDim);
      });
    }
    this.#check(features, 'texts');
    return ndarray(features, [captions.length, projectionDim]);
  }

  /** Frees everything the model compiled. */
  async dispose(): Promise<void> {
    const { textFeatures, ...rest } = this.#functions;
    const compiled = [...Object.values(rest), ...Object.values(textFeatures)];
    await Promise.all(compiled.map((fn) => fn.dispose()));
  }

  async #dense(pixels: NdArray, tokens: NdArray): Promise<NdArray> {
    const { rows, columns } = patchGrid(pixels.shape, this.config.vision);
    const dense = await this.#functions.denseFeatures(tokens);
    this.#check(dense.data, 'pictures');
    return dense.reshape([pixels.shape[0], rows, columns, this.config.projectionDim]);
  }

  #check(values: ArrayLike<number>, what: string): void {
    checkNumbers(values, `The model ${this.folder}`, what);
  }

  async #withTokens(pixels: NdArray, use: (tokens: NdArray) => Promise<NdArray>): Promise<NdArray> {
    const { tokens, taps } = await this.#functions.encode(pixels);
    try {
      return await use(tokens);
    } finally {
      for (const array of [tokens, ...taps]) array.dispose();
    }
  }
}

/**
 * Loads an FG-CLIP model.
 * @param pathOrHubId a model folder, or a name at the Hugging Face Hub (`qihoo360/fg-clip-base`)
 * @throws UserError naming the file and what is wrong with it, or the device that is missing
 */
export async function loadFgClip(pathOrHubId: string, options: LoadOptions = {}): Promise<FgClip> {
  return new FgClip(await loadModelFolder(pathOrHubId, options), options);
}

/**
 * Compilations that are kept for pictures: eight aspect ratios at two sizes, one by one and in batches. In a
 * server pictures come in any order, and a compilation that was dropped takes half a second.
 */
export const pictureShapes = 32;

/** The model's functions, each compiled when it is called. */
function compileModel(
  { config, parameters }: ModelFolder,
  { device, precision, threads, taps = [] }: RunOptions & Pick<LoadOptions, 'taps'>,
) {
  const weights = Object.fromEntries(parameters);
  const compiled = <A extends unknown[], R>(name: keyof ModelFunctions, options: JitOptions = {}) =>
    keptJit<A, R>(
      {
        load: async () => {
          const { modelFunctions } = await import('./functions.js');
          return modelFunctions(config, taps)[name] as never;
        },
        identity: ['fgclip', name, config, taps],
      },
      { device, precision, threads, name, ...options },
    );
  const constants = [weights];
  const texts = { constants, cacheSize: 32 };
  type Encoded = ReturnType<ModelFunctions['encode']>;
  type Texts = [ids: tf.Tensor2D, ends: tf.Tensor1D, packing: Packing];
  return {
    encode: compiled<[tf.Tensor4D], Encoded>('encode', {
      constants,
      keepOnDevice: () => true,
      cacheSize: pictureShapes,
    }),
    imageFeatures: compiled<[tf.Tensor3D], tf.Tensor>('imageFeatures', { constants }),
    denseFeatures: compiled<[tf.Tensor3D], tf.Tensor>('denseFeatures', {
      constants,
      cacheSize: pictureShapes,
    }),
    regionFeatures: compiled<Parameters<ModelFunctions['regionFeatures']>, tf.Tensor>(
      'regionFeatures',
    ),
    textFeatures: {
      short: compiled<Texts, tf.Tensor>('shortTexts', texts),
      long: compiled<Texts, tf.Tensor>('longTexts', texts),
    },
  };
}
