import type {
  Detection,
  DetectOptions,
  Detector,
  EncodeOptions,
} from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import type { Advice } from '../../detectors/featureModel.js';
import { concatenated, type Features, features } from '../../detectors/features.js';
import type { Heatmap } from '../../detectors/heatmap.js';
import type { Pace } from '../../detectors/pace.js';
import { type Prompt, parsePrompt } from '../../detectors/prompts.js';
import type { Size } from '../../detectors/scales.js';
import type { Limits } from './limits.js';
import type { Metrics } from './metrics.js';
import type { PictureHeader } from './pictureHeader.js';
import { PictureProcesses } from './pictureProcesses.js';
import { readable } from './schemas.js';
import { checkTiles } from './tileLimit.js';
import { Turns } from './turns.js';
import type { WorkQueue } from './workQueue.js';

/** Texts whose own features are asked for that are encoded in one piece: they may be long. */
const textsTogether = 8;

/** A picture and what was found in it. */
export interface Looked {
  width: number;
  height: number;
  detections: Detection[];
}

/**
 * Makes a detector work, each picture in its turn and so many at a time that memory suffices. Files of
 * pictures that are too large are refused (Refusal), and so are those that cannot be read (ImageError).
 */
export class PictureWork {
  readonly #detector: Detector;
  readonly #queue: WorkQueue;
  readonly #limits: Limits;
  readonly #metrics: Metrics;
  readonly #processes: PictureProcesses;
  /** Texts are encoded in pieces, one at a time, those of a request that has few before those of others. */
  readonly #texts = new Turns({ turns: 1 });

  constructor(detector: Detector, queue: WorkQueue, limits: Limits, metrics: Metrics) {
    this.#detector = detector;
    this.#queue = queue;
    this.#limits = limits;
    this.#metrics = metrics;
    this.#processes = new PictureProcesses(limits);
  }

  /** Runs the model over a picture's file. */
  encode(file: Uint8Array, signal?: AbortSignal): Promise<EncodedImage> {
    return this.#encode(file, { signal });
  }

  /** Finds what prompts describe in a picture. */
  async detect(
    picture: Uint8Array | EncodedImage,
    prompts: readonly Prompt[],
    options: DetectOptions = {},
    signal?: AbortSignal,
  ): Promise<Looked> {
    const pace = this.#pace(prompts, options.negatives, signal);
    const asked = await this.#detector.understand(prompts, options.negatives, pace);
    const encoded =
      picture instanceof Uint8Array ? await this.#encode(picture, { ...options, signal }) : picture;
    const { width, height } = encoded;
    const found = await this.#turn(
      () => this.#detector.find(encoded, asked, { ...options, signal }),
      signal,
    );
    return { width, height, detections: found.map(readable) };
  }

  /** What should be known of prompts that were looked for: the model has understood them, so it takes no turn. */
  advice(
    prompts: readonly Prompt[],
    negatives?: readonly string[],
    signal?: AbortSignal,
  ): Promise<Advice[]> {
    return this.#detector.advice(prompts, negatives, this.#pace(prompts, negatives, signal));
  }

  /** The feature of a whole picture, of length one. */
  async imageFeatures(file: Uint8Array, signal?: AbortSignal): Promise<Float32Array> {
    const { values } = await this.#pictureTurn(file, signal, async (size) =>
      this.#detector.imageFeatures([await this.#processes.pixels(file, size, signal)]),
    );
    this.#metrics.pictures.inc();
    return values;
  }

  /** The features of texts, of length one. */
  async textFeatures(
    texts: readonly string[],
    length?: 'short' | 'long',
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    const found: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += textsTogether) {
      const piece = texts.slice(start, start + textsTogether);
      const work = () => this.#detector.textFeatures(piece, length);
      found.push(...rows(await this.#texts.turn(work, texts.length, signal)));
    }
    return found;
  }

  /** How well each picture and text fit, by their features: for each picture a row. Undefined as `Detector.globalScores`. */
  globalScores(
    images: readonly Float32Array[],
    texts: readonly Float32Array[],
  ): Float32Array[] | undefined {
    if (images.length === 0 || texts.length === 0) return undefined;
    const together = (vectors: readonly Float32Array[]) =>
      concatenated(vectors.map((vector) => features(vector, vector.length)));
    const values = this.#detector.globalScores(together(images), together(texts));
    return values && rows(features(values, texts.length));
  }

  /** Where a picture shows a phrase. */
  async heatmap(picture: EncodedImage, phrase: string, signal?: AbortSignal): Promise<Heatmap> {
    const prompt = parsePrompt(phrase);
    await this.#detector.understand([prompt], [], this.#pace([prompt], [], signal));
    return this.ask((detector) => detector.heatmap(picture, phrase), signal);
  }

  /** Does other work of the detector's in its turn. */
  ask<T>(work: (detector: Detector) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#turn(() => work(this.#detector), signal);
  }

  /** What a picture's header says. */
  header(file: Uint8Array, signal?: AbortSignal): Promise<PictureHeader> {
    return this.#processes.header(file, signal);
  }

  /** The picture as a JPEG file. */
  jpeg(file: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#pictureTurn(file, signal, (size) => this.#processes.jpeg(file, size, signal));
  }

  /** Gets ready for the first picture. */
  start(): Promise<void> {
    return this.#processes.start();
  }

  /** Ends the processes that read pictures. */
  close(): void {
    this.#processes.close();
  }

  #pace(prompts: readonly Prompt[], negatives: readonly string[] = [], signal?: AbortSignal): Pace {
    const texts = prompts.reduce((sum, { phrasings }) => sum + phrasings.length, negatives.length);
    return (piece) => this.#texts.turn(piece, texts, signal);
  }

  #turn<T>(work: () => Promise<T>, signal: AbortSignal | undefined, pixels = 0): Promise<T> {
    const timed = async () => {
      const end = this.#metrics.workSeconds.startTimer();
      try {
        return await work();
      } finally {
        end();
      }
    };
    return this.#queue.turn(timed, pixels, signal);
  }

  /** The turn of a picture's file, in which its pixels are held. */
  async #pictureTurn<T>(
    file: Uint8Array,
    signal: AbortSignal | undefined,
    work: (size: Size) => Promise<T>,
  ): Promise<T> {
    const size = await this.header(file, signal);
    return this.#turn(() => work(size), signal, size.width * size.height);
  }

  #encode(file: Uint8Array, options: EncodeOptions = {}): Promise<EncodedImage> {
    const sight = this.#detector.sight(options);
    return this.#pictureTurn(file, options.signal, async (size) => {
      checkTiles(size, sight, this.#limits.tiles);
      const picture = await this.#processes.prepared(file, size, sight, options.signal);
      const end = this.#metrics.modelSeconds.startTimer();
      const encoded = await this.#detector.encode(picture, options);
      end();
      this.#metrics.pictures.inc();
      return encoded;
    });
  }
}

function rows({ values, dimension, count }: Features): Float32Array[] {
  return Array.from({ length: count }, (_, i) =>
    values.subarray(i * dimension, (i + 1) * dimension),
  );
}
