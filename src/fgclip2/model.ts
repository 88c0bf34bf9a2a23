import type * as tf from '@tensorflow/tfjs-core';
import type { HubOptions } from '../checkpoints/hub.js';
import { UserError } from '../errors.js';
import type { Xyxy } from '../geometry/boxes.js';
import type { Grid } from '../geometry/grid.js';
import { groupBy } from '../groupBy.js';
import { checkPatchLimit, type PatchLimit } from '../images/naflex.js';
import type { RgbImage } from '../images/rgbImage.js';
import { inBatches } from '../inBatches.js';
import { type JitOptions, keptJit } from '../jit/jit.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';
import { bilinearMatrix } from '../nn/bilinear.js';
import { roiWeights } from '../nn/roiWeights.js';
import type { GemmaTokenizer } from '../text/gemmaTokenizer.js';
import { unitVectors } from '../unitVectors.js';
import type { FgClip2Config } from './config.js';
import type { ModelFunctions } from './functions.js';
import { type FgClip2Folder, loadFgClip2Folder } from './modelFolder.js';
import { tokenTable } from './parameters.js';
import {
  type PatchedPicture,
  type PatchSettings,
  preprocess,
  readNormalisation,
} from './preprocess.js';
import { type TextLength, tokenCount } from './textLength.js';
import { loadTextTokenizer, textTokens } from './textTokens.js';
import { TokenEmbeddings } from './tokenEmbeddings.js';

export type RunOptions = Pick<JitOptions, 'device' | 'precision' | 'threads'>;
export type LoadOptions = RunOptions & HubOptions & TapOptions;

export interface TapOptions {
  /** After how many blocks of the vision tower `taps` and `patchMaps` tap it. */
  taps?: readonly number[];
}

/** What detectors need of a picture. */
export interface PatchMaps {
  /** As `denseFeatures`: [rows, columns, width]. */
  dense: NdArray;
  /** The patches after the blocks named in `TapOptions.taps`, each [rows, columns, width]. */
  taps: NdArray[];
}

/** Patches, or tokens, that go through a tower together: larger products are no faster. */
const mostTogether = 1024;

// Pictures come in grids of any shape: one compilation serves all of them, and texts in any number.
const pictures = ['pictures', 'patches'];
const texts = { dimensions: [['texts']] };

/**
 * An FG-CLIP 2 model that answers. Features are as the network gives them: L2-normalise before taking cosines.
 *
 * ```ts
 * const model = await loadFgClip2('qihoo360/fg-clip2-base');
 * const [dense] = await model.denseFeatures([model.preprocess(photo)]);
 * const texts = await model.textFeatures(['a red fire engine', 'a dog'], { length: 'box' });
 * ```
 */
export class FgClip2 {
  readonly config: FgClip2Config;
  /** The folder the model was loaded from. */
  readonly folder: string;
  /** How its pictures become patches. */
  readonly patchSettings: PatchSettings;
  readonly #parameters: ReadonlyMap<string, NdArray>;
  readonly #functions: ReturnType<typeof compileModel>;
  readonly #embeddings: TokenEmbeddings;
  #tokenizer: GemmaTokenizer | undefined;

  constructor(model: FgClip2Folder, options: RunOptions & TapOptions = {}) {
    this.config = model.config;
    this.folder = model.folder;
    this.patchSettings = {
      patchSize: model.config.vision.patchSize,
      normalisation: readNormalisation(model.folder),
    };
    this.#parameters = model.parameters;
    this.#functions = compileModel(model, options);
    this.#embeddings = new TokenEmbeddings(model.parameters, model.config.text);
  }

  /** A picture as the other methods take it. @param limit the most patches; default: `dynamic`. */
  preprocess(image: RgbImage, limit?: PatchLimit): PatchedPicture {
    if (limit !== undefined) checkPatchLimit(limit);
    return preprocess(image, this.patchSettings, limit);
  }

  /**
   * Features of whole pictures.
   * @returns [pictures, width]
   * @throws UserError when the model has no head for them.
   */
  async imageFeatures(pictures: readonly PatchedPicture[]): Promise<NdArray> {
    if (!this.config.vision.hasHead) {
      throw new UserError(`${this.folder} has no head for features of whole pictures.`);
    }
    const width = this.config.vision.hiddenSize;
    const features = new Float32Array(pictures.length * width);
    const head = this.#functions.imageFeatures;
    await this.#look(pictures, { head }, ([own], place) => {
      features.set(own, place * width);
    });
    return ndarray(features, [pictures.length, width]);
  }

  /** A feature for each patch: for each picture [rows, columns, width]. */
  async denseFeatures(pictures: readonly PatchedPicture[]): Promise<NdArray[]> {
    const maps = await this.#maps(pictures, { head: this.#functions.denseFeatures });
    return maps.map(([dense]) => dense);
  }

  /** Dense features, and the patches after the blocks that `taps` named when the model was loaded. */
  async patchMaps(pictures: readonly PatchedPicture[]): Promise<PatchMaps[]> {
    const head = this.#functions.denseFeatures;
    const maps = await this.#maps(pictures, { head, withTaps: true });
    return maps.map(([dense, ...taps]) => ({ dense, taps }));
  }

  /** The taps of `patchMaps` alone. */
  taps(pictures: readonly PatchedPicture[]): Promise<NdArray[][]> {
    return this.#maps(pictures, { withTaps: true });
  }

  /**
   * Features of boxes: RoIAlign of the dense features to one cell.
   * @param boxes of each picture, in pixels of it before it was resized; they may reach outside.
   * @returns for each picture [boxes, width]; zeros for boxes without area or outside
   */
  async regionFeatures(
    pictures: readonly PatchedPicture[],
    boxes: readonly (readonly Xyxy[])[],
  ): Promise<NdArray[]> {
    if (boxes.length !== pictures.length) {
      throw new UserError(
        `Regions need a list of boxes for each picture: ${pictures.length} lists, not ${boxes.length}.`,
      );
    }
    const maps = await this.denseFeatures(pictures);
    const features: NdArray[] = [];
    for (const [i, map] of maps.entries()) {
      features.push(await this.#pool(map, pictures[i], boxes[i]));
    }
    return features;
  }

  /**
   * Features of texts.
   * @param options.length `short` (default): captions, for whole pictures; `box`: descriptions of regions, and prompts;
   *   `long`: long captions. Texts beyond 64 tokens, long ones beyond 196, are cut.
   * @returns [texts, width], in the given order
   * @throws UserError when the model folder has no tokenizer.json
   */
  async textFeatures(
    texts: readonly string[],
    { length = 'short' }: { length?: TextLength } = {},
  ): Promise<NdArray> {
    const { text, vision } = this.config;
    if (!Object.hasOwn(this.#functions.textFeatures, length)) {
      throw new UserError(`"length" must be short, box or long, not ${JSON.stringify(length)}.`);
    }
    const tokenizer = this.#readTokenizer();
    const count = tokenCount(text, length);
    const features = new Float32Array(texts.length * vision.hiddenSize);
    let place = 0;
    for (const batch of inBatches(texts, Math.max(1, Math.floor(mostTogether / count)))) {
      const tokens = batch.map((each) => textTokens(tokenizer, each, count));
      const pooled = await this.#functions.encodeTexts(this.#embeddings.embed(tokens, length));
      const { data } = await this.#functions.textFeatures[length](pooled);
      pooled.dispose();
      features.set(data, place);
      place += data.length;
    }
    return ndarray(features, [texts.length, vision.hiddenSize]);
  }

  /** The kind of caption that a text is: `long` where it has too many tokens for a `short` one, and would be cut. */
  captionLength(text: string): 'short' | 'long' {
    const tokens = this.#readTokenizer().encode(text.toLowerCase());
    return tokens.length < this.config.text.positions ? 'short' : 'long';
  }

  /**
   * How well whole pictures and texts fit, each pair by itself: σ(exp(logit_scale) · cosine + logit_bias).
   * @param images from `imageFeatures`
   * @param texts from `textFeatures`, short or long: those of boxes were not trained for it.
   * @returns [images, texts], 0..1
   */
  globalScores(images: NdArray, texts: NdArray): NdArray {
    const number = (name: string) => this.#parameters.get(name)!.data[0];
    const [scale, bias] = [Math.exp(number('logit_scale')), number('logit_bias')];
    const width = this.config.vision.hiddenSize;
    const [a, b] = [images, texts].map(({ data }) => unitVectors(data, width));
    const [rows, columns] = [images.shape[0], texts.shape[0]];
    const scores = Float32Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let cosine = 0;
      for (let j = 0; j < width; j++) cosine += a[row * width + j] * b[column * width + j];
      return 1 / (1 + Math.exp(-(scale * cosine + bias)));
    });
    return ndarray(scores, [rows, columns]);
  }

  /** Frees everything the model compiled. */
  async dispose(): Promise<void> {
    const { textFeatures, ...rest } = this.#functions;
    const compiled = [...Object.values(rest), ...Object.values(textFeatures)];
    await Promise.all(compiled.map((fn) => fn.dispose()));
  }

  /** What is seen of each picture, patch by patch: [rows, columns, width]. */
  async #maps(pictures: readonly PatchedPicture[], wanted: Wanted): Promise<NdArray[][]> {
    const width = this.config.vision.hiddenSize;
    const maps: NdArray[][] = [];
    await this.#look(pictures, wanted, (seen, place) => {
      const { rows, columns } = pictures[place];
      maps[place] = seen.map((values) => ndarray(values.slice(), [rows, columns, width]));
    });
    return maps;
  }

  /**
   * Shows pictures to the vision tower and to a head behind it, those of one grid together.
   * @param take gets a picture's share of what was seen, what the head gave first, and the picture's place.
   */
  async #look(
    pictures: readonly PatchedPicture[],
    { head, withTaps }: Wanted,
    take: (seen: Float32Array[], place: number) => void,
  ): Promise<void> {
    const grids = groupBy(pictures.keys(), (place) => {
      const { rows, columns } = pictures[place];
      return `${rows} ${columns}`;
    });
    for (const alike of grids.values()) {
      const { rows, columns, patches } = pictures[alike[0]];
      const count = rows * columns;
      const positions = await this.#positions({ rows, columns });
      for (const places of inBatches(alike, Math.max(1, Math.floor(mostTogether / count)))) {
        const batch = new Float32Array(places.length * patches.length);
        places.forEach((place, i) => {
          batch.set(pictures[place].patches, i * patches.length);
        });
        const shape = [places.length, count, patches.length / count];
        const { tokens, taps } = await this.#functions.encodePatches(
          ndarray(batch, shape),
          positions,
        );
        const seen: NdArray[] = [];
        if (head) seen.push(await head(tokens));
        if (withTaps) for (const tap of taps) seen.push(await tap.read());
        for (const array of [tokens, ...taps]) array.dispose();
        places.forEach((place, i) => {
          take(
            seen.map(({ data, size }) => {
              const share = size / places.length;
              return (data as Float32Array).subarray(i * share, (i + 1) * share);
            }),
            place,
          );
        });
      }
      positions.dispose();
    }
  }

  #readTokenizer(): GemmaTokenizer {
    this.#tokenizer ??= loadTextTokenizer(this.folder, this.config.text);
    return this.#tokenizer;
  }

  #positions({ rows, columns }: Grid): Promise<NdArray> {
    const { positionSide: side } = this.config.vision;
    return this.#functions.positions(
      ndarray(bilinearMatrix(side, rows), [rows, side]),
      ndarray(bilinearMatrix(side, columns), [columns, side]),
    );
  }

  async #pool(
    map: NdArray,
    { width, height }: PatchedPicture,
    boxes: readonly Xyxy[],
  ): Promise<NdArray> {
    const [rows, columns, dimension] = map.shape;
    const count = boxes.length;
    if (count === 0) return ndarray(new Float32Array(0), [0, dimension]);
    const corners = new Float32Array(count * 4);
    boxes.forEach(([x1, y1, x2, y2], i) => {
      const [left, right] = [x1, x2].map((x) => (x / width) * columns);
      const [top, bottom] = [y1, y2].map((y) => (y / height) * rows);
      corners.set([left, top, right, bottom], i * 4);
    });
    const { rowWeights, columnWeights } = roiWeights(corners, rows, columns);
    return this.#functions.regionFeatures(
      map.reshaped([1, rows, columns, dimension]),
      ndarray(new Int32Array(count), [count]),
      ndarray(rowWeights, [count, rows]),
      ndarray(columnWeights, [count, columns]),
    );
  }
}

/**
 * Loads an FG-CLIP 2 model.
 * @param pathOrHubId a model folder, or a name at the Hugging Face Hub (`qihoo360/fg-clip2-base`)
 * @throws UserError naming the file and what is wrong with it, or the device that is missing
 */
export async function loadFgClip2(
  pathOrHubId: string,
  options: LoadOptions = {},
): Promise<FgClip2> {
  return new FgClip2(await loadFgClip2Folder(pathOrHubId, options), options);
}

/** What is wanted of pictures besides the tower's work. */
interface Wanted {
  head?: (tokens: NdArray) => Promise<NdArray>;
  withTaps?: boolean;
}

/** The model's functions, each compiled when it is called. */
function compileModel(
  { config, parameters }: FgClip2Folder,
  { device, precision, threads, taps = [] }: RunOptions & TapOptions,
) {
  // The table of tokens is read row by row.
  const weights = Object.fromEntries([...parameters].filter(([name]) => name !== tokenTable));
  const compiled = <A extends unknown[], R = tf.Tensor>(
    name: keyof ModelFunctions,
    options: JitOptions = {},
  ) =>
    keptJit<[...A], R>(
      {
        load: async () => {
          const { modelFunctions } = await import('./functions.js');
          return modelFunctions(config, taps)[name] as never;
        },
        identity: ['fgclip2', name, config, taps],
      },
      { device, precision, threads, name, constants: [weights], ...options },
    );
  const stays = { keepOnDevice: () => true };
  return {
    // Exact whatever the precision: it is a product with weights, and hardly any work.
    positions: compiled<[down: tf.Tensor2D, across: tf.Tensor2D]>('positions', {
      ...stays,
      precision: 'float32',
      dimensions: [['rows'], ['columns']],
    }),
    encodePatches: compiled<
      [patches: tf.Tensor3D, positions: tf.Tensor2D],
      ReturnType<ModelFunctions['encodePatches']>
    >('encodePatches', { ...stays, dimensions: [pictures, ['patches']] }),
    imageFeatures: compiled<[tokens: tf.Tensor3D]>('imageFeatures', { dimensions: [pictures] }),
    denseFeatures: compiled<[tokens: tf.Tensor3D]>('denseFeatures', { dimensions: [pictures] }),
    regionFeatures: compiled<Parameters<ModelFunctions['regionFeatures']>>('regionFeatures', {
      constants: [],
      dimensions: [
        [undefined, 'rows', 'columns'],
        ['boxes'],
        ['boxes', 'rows'],
        ['boxes', 'columns'],
      ],
    }),
    encodeTexts: compiled<[tokens: tf.Tensor3D]>('encodeTexts', { ...stays, ...texts }),
    textFeatures: {
      short: compiled<[pooled: tf.Tensor2D]>('shortTexts', texts),
      box: compiled<[pooled: tf.Tensor2D]>('boxTexts', texts),
      long: compiled<[pooled: tf.Tensor2D]>('longTexts', texts),
    },
  };
}
