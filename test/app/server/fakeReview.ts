import { join } from 'node:path';
import type { ReviewBox, ReviewedPicture, ReviewSession } from '../../../app/prelabel/review.js';
import { packageRoot } from '../../../src/files/packageRoot.js';

const size = { width: 640, height: 480 };

/** A review of the two samples, kept in memory. */
export class FakeReview implements ReviewSession {
  readonly labels = ['strawberry', 'pink rooster', 'bell', 'sunflower', 'bee', 'helicopter'];
  readonly format = 'coco';
  /** What was saved: [index, boxes]. */
  readonly saves: [index: number, boxes: ReviewBox[]][] = [];
  /** Saving fails until it is false again. */
  isDiskFull = false;
  readonly #reviewed = new Set<number>();
  #boxes = found();

  /** As new. */
  reset(): void {
    this.saves.length = 0;
    this.isDiskFull = false;
    this.#reviewed.clear();
    this.#boxes = found();
  }

  /** A round finds a bell where nobody has looked. */
  proposeAgain(): void {
    const bell = { label: 'bell', score: 0.7, box: { xmin: 9, ymin: 9, xmax: 99, ymax: 99 } };
    this.#boxes = this.#boxes.map((boxes, i) => (this.#reviewed.has(i) ? boxes : [bell]));
  }

  get pictures(): ReviewedPicture[] {
    return ['bell.jpg', 'garden.jpg', 'again.jpg'].map((file, index) => ({
      ...{ index, file, ...size, boxes: this.#boxes[index].length },
      status: this.#boxes[index].length > 0 ? 'found' : 'empty',
      reviewed: this.#reviewed.has(index),
      uncertainty: [0.2, 0.7, 0.4][index],
    }));
  }

  boxes(index: number): ReviewBox[] {
    return this.#boxes[index];
  }

  phrasings(label: string): string[] {
    return this.labels.includes(label) ? [label] : [];
  }

  path(index: number): string {
    return join(packageRoot, 'samples', index === 1 ? 'garden.jpg' : 'bell.jpg');
  }

  async save(index: number, boxes: ReviewBox[]): Promise<void> {
    if (this.isDiskFull) throw new Error('The disk is full.');
    this.saves.push([index, boxes]);
    this.#boxes[index] = boxes;
    this.#reviewed.add(index);
  }
}

function found(): ReviewBox[][] {
  return [
    [
      { label: 'strawberry', score: 0.95, box: { xmin: 120, ymin: 44, xmax: 256, ymax: 202 } },
      { label: 'bell', score: 0.91, box: { xmin: 112, ymin: 294, xmax: 239, ymax: 425 } },
      { label: 'pink rooster', score: 0.62, box: { xmin: 286, ymin: 16, xmax: 432, ymax: 168 } },
    ],
    [
      { label: 'sunflower', score: 0.91, box: { xmin: 288, ymin: 118, xmax: 460, ymax: 310 } },
      { label: 'bee', score: 0.89, box: { xmin: 450, ymin: 280, xmax: 566, ymax: 378 } },
      { label: 'helicopter', score: 0.71, box: { xmin: 510, ymin: 122, xmax: 612, ymax: 212 } },
    ],
    [],
  ];
}
