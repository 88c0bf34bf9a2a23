import { labelColours, type Rgb } from '../../../src/images/labelColours.js';
import type { ShownBox } from './boxLayer.js';
import type { Detection } from './contract.js';

/** What was found, and which of it is shown: the least score is chosen here, without asking again. */
export class FoundThings {
  labels: readonly string[] = [];
  threshold = 0.5;
  #detections: readonly Detection[] = [];
  /** A box keeps its key when it is found again, so that it stays selected while one types. */
  #keys = new Map<string, number>();

  set detections(detections: readonly Detection[]) {
    this.#detections = detections;
  }

  /** By falling score. */
  get shown(): { key: number; detection: Detection }[] {
    return this.#asked
      .filter(({ score }) => score >= this.threshold)
      .map((detection) => ({ key: this.#keyOf(detection), detection }));
  }

  /** How many were found, but with too low a score. */
  get below(): number {
    return this.#asked.filter(({ score }) => score < this.threshold).length;
  }

  get colours(): Map<string, Rgb> {
    return labelColours(this.labels, this.labels);
  }

  get boxes(): (ShownBox & { share: number })[] {
    const { colours } = this;
    return this.shown.map(({ key, detection: { label, score, box } }) => ({
      key,
      label,
      note: score.toFixed(2),
      share: score,
      box,
      colour: colours.get(label) as Rgb,
    }));
  }

  /** For people who do not see the boxes: "3 found: 2 bell, 1 pizza". */
  get summary(): string {
    const counts = new Map<string, number>();
    for (const { detection } of this.shown) {
      counts.set(detection.label, (counts.get(detection.label) ?? 0) + 1);
    }
    const each = [...counts].map(([label, count]) => `${count} ${label}`).join(', ');
    return each ? `${this.shown.length} found: ${each}` : 'Nothing found';
  }

  /** Labels may have been taken back since. */
  get #asked(): Detection[] {
    const labels = new Set(this.labels);
    return this.#detections.filter(({ label }) => labels.has(label));
  }

  #keyOf({ label, box }: Detection): number {
    const name = `${Object.values(box).map(Math.round)} ${label}`;
    const key = this.#keys.get(name) ?? this.#keys.size;
    this.#keys.set(name, key);
    return key;
  }
}
