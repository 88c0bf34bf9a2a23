import type {
  Detection,
  DetectOptions,
  Detector,
  EncodeOptions,
} from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import { PictureReader } from '../../detectors/pictureReader.js';
import type { Prompt } from '../../detectors/prompts.js';
import { HeldAmount } from './heldAmount.js';
import type { Limits } from './limits.js';
import { pictureSize } from './pictureSize.js';
import { checkTiles } from './tileLimit.js';
import type { WorkQueue } from './workQueue.js';

/** A picture and what was found in it. */
export interface Looked {
  width: number;
  height: number;
  detections: Detection[];
}

/** Looks at pictures, each in its turn and so many at a time that memory suffices. */
export class PictureWork {
  readonly detector: Detector;
  readonly #queue: WorkQueue;
  readonly #limits: Limits;
  readonly #pixels: HeldAmount;
  readonly #reader = new PictureReader();

  constructor(detector: Detector, queue: WorkQueue, limits: Limits) {
    this.detector = detector;
    this.#queue = queue;
    this.#limits = limits;
    this.#pixels = new HeldAmount(limits.heldPixels);
  }

  /**
   * Runs the model over a picture's file.
   * @throws Refusal for a picture that is too large; ImageError for one that cannot be read.
   */
  encode(
    file: Uint8Array,
    options: EncodeOptions = {},
    signal?: AbortSignal,
  ): Promise<EncodedImage> {
    return this.#queue.turn(() => this.#encode(file, options), signal);
  }

  /** Finds what prompts describe in a picture's file. Errors as of `encode`. */
  detect(
    file: Uint8Array,
    prompts: readonly Prompt[],
    options: DetectOptions = {},
    signal?: AbortSignal,
  ): Promise<Looked> {
    return this.#queue.turn(async () => {
      const encoded = await this.#encode(file, options);
      const detections = await this.detector.detect(encoded, prompts, options);
      return { width: encoded.width, height: encoded.height, detections };
    }, signal);
  }

  /** Ends the threads that read pictures. */
  close(): Promise<void> {
    return this.#reader.close();
  }

  async #encode(file: Uint8Array, options: EncodeOptions): Promise<EncodedImage> {
    const size = await pictureSize(file, this.#limits.pixels);
    const sight = this.detector.sight(options);
    checkTiles(size, sight, this.#limits.tiles);
    const release = await this.#pixels.take(size.width * size.height);
    try {
      const picture = await this.#reader.read(file, sight, { maxPixels: this.#limits.pixels });
      return await this.detector.encode(picture, options);
    } finally {
      release();
    }
  }
}
