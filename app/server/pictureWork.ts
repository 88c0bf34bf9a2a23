import type {
  Detection,
  DetectOptions,
  Detector,
  EncodeOptions,
} from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import type { Advice } from '../../detectors/featureModel.js';
import type { Features } from '../../detectors/features.js';
import type { Prompt } from '../../detectors/prompts.js';
import { HeldAmount } from './heldAmount.js';
import type { Limits } from './limits.js';
import type { Metrics } from './metrics.js';
import { PictureProcesses } from './pictureProcesses.js';
import { pictureSize } from './pictureSize.js';
import { readable } from './schemas.js';
import { checkTiles } from './tileLimit.js';
import type { WorkQueue } from './workQueue.js';

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
  readonly #pixels: HeldAmount;
  readonly #processes: PictureProcesses;

  constructor(detector: Detector, queue: WorkQueue, limits: Limits, metrics: Metrics) {
    this.#detector = detector;
    this.#queue = queue;
    this.#limits = limits;
    this.#metrics = metrics;
    this.#pixels = new HeldAmount(limits.heldPixels);
    this.#processes = new PictureProcesses(limits);
  }

  /** Runs the model over a picture's file. */
  encode(file: Uint8Array, signal?: AbortSignal): Promise<EncodedImage> {
    return this.#turn(() => this.#encode(file, { signal }), signal);
  }

  /** Finds what prompts describe in a picture. */
  detect(
    picture: Uint8Array | EncodedImage,
    prompts: readonly Prompt[],
    options: DetectOptions = {},
    signal?: AbortSignal,
  ): Promise<Looked> {
    return this.#turn(async () => {
      const encoded =
        picture instanceof Uint8Array
          ? await this.#encode(picture, { ...options, signal })
          : picture;
      const { width, height } = encoded;
      const found = await this.#detector.detect(encoded, prompts, { ...options, signal });
      return { width, height, detections: found.map(readable) };
    }, signal);
  }

  /** What should be known of prompts that were looked for: the model has understood them, so it takes no turn. */
  advice(prompts: readonly Prompt[], negatives?: readonly string[]): Promise<Advice[]> {
    return this.#detector.advice(prompts, negatives);
  }

  /** The feature of a whole picture, of length one. */
  imageFeatures(file: Uint8Array, signal?: AbortSignal): Promise<Float32Array> {
    return this.#turn(async () => {
      const features = await this.#withPixels(file, signal, async (size) =>
        this.#detector.imageFeatures([await this.#processes.pixels(file, size, signal)]),
      );
      this.#metrics.pictures.inc();
      return features.values;
    }, signal);
  }

  /** The features of texts, of length one. */
  textFeatures(
    texts: readonly string[],
    length?: 'short' | 'long',
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    return this.#turn(async () => rows(await this.#detector.textFeatures(texts, length)), signal);
  }

  /** Does other work of the detector's in its turn. */
  ask<T>(work: (detector: Detector) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.#turn(() => work(this.#detector), signal);
  }

  /** The picture as a JPEG file. */
  jpeg(file: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#turn(
      () => this.#withPixels(file, signal, (size) => this.#processes.jpeg(file, size, signal)),
      signal,
    );
  }

  /** Gets ready for the first picture. */
  start(): Promise<void> {
    return this.#processes.start();
  }

  /** Ends the processes that read pictures. */
  close(): void {
    this.#processes.close();
  }

  #turn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.#queue.turn(async () => {
      const end = this.#metrics.workSeconds.startTimer();
      try {
        return await work();
      } finally {
        end();
      }
    }, signal);
  }

  #encode(file: Uint8Array, options: EncodeOptions = {}): Promise<EncodedImage> {
    const sight = this.#detector.sight(options);
    return this.#withPixels(file, options.signal, async (size) => {
      checkTiles(size, sight, this.#limits.tiles);
      const picture = await this.#processes.prepared(file, size, sight, options.signal);
      const end = this.#metrics.modelSeconds.startTimer();
      const encoded = await this.#detector.encode(picture, options);
      end();
      this.#metrics.pictures.inc();
      return encoded;
    });
  }

  /** Waits until a picture's pixels fit into memory. */
  async #withPixels<T>(
    file: Uint8Array,
    signal: AbortSignal | undefined,
    work: (size: { width: number; height: number }) => Promise<T>,
  ): Promise<T> {
    const size = await pictureSize(file, this.#limits.pixels);
    const release = await this.#pixels.take(size.width * size.height, signal);
    try {
      return await work(size);
    } finally {
      release();
    }
  }
}

function rows({ values, dimension, count }: Features): Float32Array[] {
  return Array.from({ length: count }, (_, i) =>
    values.subarray(i * dimension, (i + 1) * dimension),
  );
}
