import type { TextLength } from '../src/fgclip/textLength.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import type { Features } from './features.js';
import type { ModelView, PatchModel } from './patchModel.js';
import type { Size } from './scales.js';

/** A picture that waits to be looked at. */
interface Waiting {
  shown: RgbImage;
  canvas: Size;
  mostProposals: number;
  resolve(view: ModelView): void;
  reject(error: unknown): void;
}

/** Looks at pictures that are asked for at the same time together, where their canvases are of one size. */
export class BatchedModel implements PatchModel {
  readonly #model: PatchModel & Required<Pick<PatchModel, 'views'>>;
  readonly #most: number;
  #waiting: Waiting[] = [];
  #working = false;

  /** @param most pictures at a time. */
  constructor(model: PatchModel & Required<Pick<PatchModel, 'views'>>, most: number) {
    this.#model = model;
    this.#most = most;
  }

  get imageSize(): number {
    return this.#model.imageSize;
  }

  get patchSize(): number {
    return this.#model.patchSize;
  }

  get patchLimit() {
    return this.#model.patchLimit;
  }

  get readsChinese() {
    return this.#model.readsChinese;
  }

  get hasNetwork(): boolean {
    return this.#model.hasNetwork;
  }

  view(shown: RgbImage, canvas: Size, mostProposals: number): Promise<ModelView> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ shown, canvas, mostProposals, resolve, reject });
      this.#work();
    });
  }

  imageFeatures(images: readonly RgbImage[]): Promise<Features> {
    return this.#model.imageFeatures!(images);
  }

  textFeatures(texts: readonly string[], length?: TextLength): Promise<Features> {
    return this.#model.textFeatures(texts, length);
  }

  get globalScores() {
    return this.#model.globalScores?.bind(this.#model);
  }

  vocabularyFeatures(texts: readonly string[]): Promise<Features> {
    const { vocabularyFeatures, textFeatures } = this.#model;
    return (vocabularyFeatures ?? textFeatures).call(this.#model, texts);
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    // Whatever else is asked for at this moment comes along.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      const [{ canvas, mostProposals }] = batch;
      try {
        const shown = batch.map((one) => one.shown);
        const views = await this.#model.views(shown, canvas, mostProposals);
        batch.forEach(({ resolve }, i) => {
          resolve(views[i]);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#working = false;
  }

  /**
   * The picture that has waited longest, with others like it where they fill a batch: each number of pictures
   * is compiled anew, and keeps memory.
   */
  #nextBatch(): Waiting[] {
    const [{ canvas, mostProposals }] = this.#waiting;
    const alike = this.#waiting.filter(
      (one) =>
        one.canvas.width === canvas.width &&
        one.canvas.height === canvas.height &&
        one.mostProposals === mostProposals,
    );
    const count = alike.length >= this.#most ? this.#most : 1;
    const batch = new Set(alike.slice(0, count));
    this.#waiting = this.#waiting.filter((one) => !batch.has(one));
    return [...batch];
  }
}
