import type { Detections } from '../coco/index.js';

/** Detections, one by one put into columns. */
export class DetectionColumns implements Detections {
  readonly imageIds: number[] = [];
  readonly categoryIds: number[] = [];
  readonly boxes: number[] = [];
  readonly scores: number[] = [];

  get count(): number {
    return this.scores.length;
  }

  /** @param box x, y, width, height in pixels. */
  add(image: number, category: number, box: readonly number[], score: number): void {
    this.imageIds.push(image);
    this.categoryIds.push(category);
    this.boxes.push(...box);
    this.scores.push(score);
  }
}
