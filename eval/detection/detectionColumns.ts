import type { CocoResults } from '../../datasets/cocoResults.js';

/** Collects detections one by one. */
export class DetectionColumns {
  readonly #imageIds: number[] = [];
  readonly #categoryIds: number[] = [];
  readonly #boxes: number[] = [];
  readonly #scores: number[] = [];

  /** @param box x, y, width, height in pixels. */
  add(image: number, category: number, box: readonly number[], score: number): void {
    this.#imageIds.push(image);
    this.#categoryIds.push(category);
    this.#boxes.push(...box);
    this.#scores.push(score);
  }

  /** What was collected, in that order. */
  results(): CocoResults {
    return {
      count: this.#scores.length,
      imageIds: Float64Array.from(this.#imageIds),
      categoryIds: Float64Array.from(this.#categoryIds),
      boxes: Float64Array.from(this.#boxes),
      scores: Float64Array.from(this.#scores),
    };
  }
}
