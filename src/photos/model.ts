import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { checkNumbers } from '../checkpoints/checkNumbers.js';
import { UserError } from '../errors.js';
import type { RgbImage } from '../images/rgbImage.js';
import type { Device } from '../jit/deviceNames.js';
import { type Compiled, type JitOptions, keptJit } from '../jit/jit.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { Parameters } from '../nn/transformer.js';
import { encodeInTurns, loadTokenizer, type Tokenizer } from '../text/tokenizer.js';
import { unitVectors } from '../unitVectors.js';
import { allClasses, cropClasses, type PhotosConfig } from './config.js';
import { featureWidth } from './cropArchitecture.js';
import { decodeBoxes, type FoundBox } from './decodeBoxes.js';
import type { PhotosFunctions } from './functions.js';
import type { PhotosFolder, PhotosNames } from './modelFolder.js';
import { boxNormalisation, cropNormalisation, pixelsOf } from './preprocess.js';
import { textRows } from './textRows.js';
import { WordEmbeddings } from './wordEmbeddings.js';

export type RunOptions = Pick<JitOptions, 'device' | 'precision' | 'threads'>;

/** The names of the classes as the text network sees them. */
export interface Anchors {
  /** [width]: what is taken off text vectors. */
  mean: Float32Array;
  /** [box classes + crop classes, width]: unit vectors, the mean taken off. */
  vectors: Float32Array;
  /** [background names, width]: unit vectors, the mean taken off. */
  background: Float32Array;
}

type RankBackground = Compiled<[regions: tf.Tensor2D], tf.Tensor2D>;

/** Regions that background names are ranked for together. */
const rankedTogether = 8;

/**
 * Crops that go through the network together, the last ones filled up, so that one compilation does for any number:
 * on a processor two are as quick as more, and a tenth quicker than one by one.
 */
const cropsTogether = (device: Device) => (device === 'cpu' || device === 'tfjs-node' ? 2 : 8);

/**
 * A model for photographs: three frozen networks that find boxes, name crops of them and place texts among the
 * names.
 *
 * ```ts
 * const model = new PhotosModel(openPhotosFolder('models/photos'));
 * const [boxes] = await model.findBoxes([squashed(photo, model.config.boxes.side)]);
 * ```
 */
export class PhotosModel {
  readonly config: PhotosConfig;
  /** The folder the model was loaded from. */
  readonly folder: string;
  readonly names: PhotosNames;
  readonly anchors: Anchors;
  readonly #parameters: ReadonlyMap<string, NdArray>;
  readonly #functions: ReturnType<typeof compileModel>;
  readonly #rankings = new Map<number, RankBackground>();
  readonly #options: RunOptions;
  #tokenizer: Promise<Tokenizer> | undefined;
  #words: WordEmbeddings | undefined;

  constructor(model: PhotosFolder, options: RunOptions = {}) {
    this.config = model.config;
    this.folder = model.folder;
    this.names = model.names;
    this.#parameters = model.parameters;
    const anchor = (name: keyof Anchors) => {
      const { data } = model.parameters.get(`anchors.${name}`)!;
      this.#check(data, 'names');
      return data as Float32Array;
    };
    this.anchors = {
      mean: anchor('mean'),
      vectors: anchor('vectors'),
      background: anchor('background'),
    };
    this.#options = options;
    this.#functions = compileModel(model, options);
  }

  /**
   * Where things are: the box network's best boxes, at most 100 a picture, after class-agnostic suppression.
   * @param pictures squashed to `config.boxes.side` (`squashed`)
   * @returns for each picture its boxes by falling quality
   */
  async findBoxes(pictures: readonly RgbImage[]): Promise<FoundBox[][]> {
    const { boxes } = this.config;
    const found: FoundBox[][] = [];
    for (const picture of pictures) {
      const pixels = pixelsOf([picture], boxes.side, boxNormalisation);
      const maps = await this.#functions.boxMaps(pixels);
      for (const { data } of maps) this.#check(data, 'pictures');
      found.push(decodeBoxes(maps, 0, boxes));
    }
    return found;
  }

  /**
   * What crops show.
   * @param crops squashed to `config.crops.side` (`squashed`)
   * @returns [crops, crop classes]: probabilities that sum to one
   */
  async classifyCrops(crops: readonly RgbImage[]): Promise<Float32Array> {
    return this.#answers(crops, 'probabilities');
  }

  /** The crop network's pooled features: [crops, 1280]. */
  async cropFeatures(crops: readonly RgbImage[]): Promise<Float32Array> {
    return this.#answers(crops, 'features');
  }

  /**
   * What texts mean.
   * @param mostTokens of a text. Default: longer texts than the network can read are cut.
   * @returns [texts, width]: unit vectors, the anchors' mean not taken off
   * @throws UserError when a text is longer, or tokenizer.json is not one or is another model's
   */
  async textVectors(texts: readonly string[], mostTokens = Infinity): Promise<Float32Array> {
    const { hiddenSize, positions } = this.config.text;
    this.#tokenizer ??= loadPhotosTokenizer(this.folder, this.config);
    this.#words ??= new WordEmbeddings(this.#parameters);
    const tokenizer = await this.#tokenizer;
    const encoded = await encodeInTurns(tokenizer, texts, { maxLength: positions });
    const long = encoded.findIndex(({ length }) => length > mostTokens);
    if (long >= 0) throw new UserError(tooLong(texts[long], mostTokens));
    const vectors = new Float32Array(texts.length * hiddenSize);
    for (const row of textRows(encoded.map(({ length }) => length))) {
      const embedded = new Float32Array(row.tokens * hiddenSize);
      const segments = new Int32Array(row.tokens).fill(-1);
      let start = 0;
      for (const [index, text] of row.texts.entries()) {
        const ids = encoded[text];
        this.#words.write(ids, embedded.subarray(start * hiddenSize));
        segments.fill(index, start, start + ids.length);
        start += ids.length;
      }
      const means = await this.#functions.textMeans(
        ndarray(embedded, [row.tokens, hiddenSize]),
        ndarray(segments, [row.tokens]),
      );
      this.#check(means.data, 'texts');
      const units = unitVectors(means.data, hiddenSize);
      row.texts.forEach((text, index) => {
        const unit = units.subarray(index * hiddenSize, (index + 1) * hiddenSize);
        vectors.set(unit, text * hiddenSize);
      });
    }
    return vectors;
  }

  /**
   * How well the background names fit regions (`backgroundRankings`).
   * @param regions [regions, classes]
   * @param sharpness τ
   * @returns [regions, background names]
   */
  async backgroundRankings(regions: Float32Array, sharpness: number): Promise<Float32Array> {
    const run = this.#rankings.get(sharpness) ?? this.#compileRankings(sharpness);
    const classes = allClasses(this.config);
    const rows = regions.length / classes;
    const rankings = new Float32Array(rows * this.config.background);
    for (let row = 0; row < rows; row += rankedTogether) {
      // Rows are filled up, so that not every number of them is compiled anew.
      const together = new Float32Array(rankedTogether * classes);
      together.set(regions.subarray(row * classes, (row + rankedTogether) * classes));
      const { data } = await run(ndarray(together, [rankedTogether, classes]));
      const count = Math.min(rankedTogether, rows - row) * this.config.background;
      rankings.set(data.subarray(0, count), row * this.config.background);
    }
    return rankings;
  }

  /** Frees everything the model compiled. */
  async dispose(): Promise<void> {
    const compiled = [...Object.values(this.#functions), ...this.#rankings.values()];
    await Promise.all(compiled.map((fn) => fn.dispose()));
  }

  #check(values: ArrayLike<number>, what: string): void {
    checkNumbers(values, `The model ${this.folder}`, what);
  }

  #compileRankings(sharpness: number): RankBackground {
    const anchors = [...this.#parameters].filter(([name]) => name.startsWith('anchors.'));
    const compiled = keptJit<[regions: tf.Tensor2D], tf.Tensor2D>(
      {
        load: async () => {
          const { backgroundRankings } = await import('./background.js');
          return ((w: Parameters, regions: tf.Tensor2D) =>
            backgroundRankings(w, regions, sharpness)) as never;
        },
        identity: ['photos', 'backgroundRankings', sharpness],
      },
      { ...this.#options, constants: [Object.fromEntries(anchors)], name: 'the background names' },
    );
    this.#rankings.set(sharpness, compiled);
    return compiled;
  }

  async #answers(
    crops: readonly RgbImage[],
    answer: 'features' | 'probabilities',
  ): Promise<Float32Array> {
    const { side } = this.config.crops;
    const width = answer === 'features' ? featureWidth : cropClasses(this.config);
    const joined = new Float32Array(crops.length * width);
    const size = cropsTogether(this.#options.device ?? 'cpu');
    for (let start = 0; start < crops.length; start += size) {
      const together = crops.slice(start, start + size);
      const count = together.length;
      while (together.length < size) together.push(together[0]);
      const answers = await this.#functions.cropAnswers(
        pixelsOf(together, side, cropNormalisation),
      );
      this.#check(answers[answer].data, 'crops');
      joined.set(answers[answer].data.subarray(0, count * width), start * width);
    }
    return joined;
  }
}

function tooLong(text: string, mostTokens: number): string {
  return (
    `${JSON.stringify(`${text.slice(0, 40)}…`)} is too long: the model for photographs knows names of things ("a red ` +
    `bicycle"), of at most ${mostTokens} tokens; models of FG-CLIP read whole captions.`
  );
}

async function loadPhotosTokenizer(folder: string, { text }: PhotosConfig): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(folder);
  if (tokenizer.vocabSize > text.vocabSize) {
    throw new UserError(
      `${join(folder, 'tokenizer.json')} has ${tokenizer.vocabSize} tokens, but config.json says ${text.vocabSize}.`,
    );
  }
  return tokenizer;
}

/** The model's functions, each compiled when it is called. */
function compileModel(
  { config, parameters }: PhotosFolder,
  { device, precision, threads }: RunOptions,
) {
  const compiled = <A extends unknown[], R>(
    name: keyof PhotosFunctions,
    takes: (parameter: string) => boolean,
    also: JitOptions = {},
  ) =>
    keptJit<A, R>(
      {
        load: async () => {
          const { photosFunctions } = await import('./functions.js');
          return photosFunctions(config)[name] as never;
        },
        identity: ['photos', name, config],
      },
      {
        device,
        precision,
        threads,
        name,
        constants: [Object.fromEntries([...parameters].filter(([one]) => takes(one)))],
        ...also,
      },
    );
  type Results = { [K in keyof PhotosFunctions]: ReturnType<PhotosFunctions[K]> };
  return {
    boxMaps: compiled<[pixels: tf.Tensor4D], Results['boxMaps']>('boxMaps', (one) =>
      one.startsWith('boxes.'),
    ),
    cropAnswers: compiled<[pixels: tf.Tensor4D], Results['cropAnswers']>(
      'cropAnswers',
      (one) => one.startsWith('crops.') || one.startsWith('names.'),
    ),
    textMeans: compiled<[embedded: tf.Tensor2D, segments: tf.Tensor1D], Results['textMeans']>(
      'textMeans',
      (one) => one.startsWith('text.') && !/word_emb|position_emb/.test(one),
      // Texts are asked once and kept: most processes run it a single time.
      { widensConstants: false },
    ),
  };
}
