import type { Box, ReviewBox } from './contract.js';

/** A box under review. Its key stays the same whatever becomes of it. */
export interface EditedBox extends ReviewBox {
  readonly key: number;
}

/** The boxes of a picture as a person changes them, with every step back and forth. */
export class EditedBoxes {
  #boxes: readonly EditedBox[];
  #past: (readonly EditedBox[])[] = [];
  #future: (readonly EditedBox[])[] = [];
  #saved: readonly EditedBox[];
  #nextKey = 0;

  constructor(boxes: readonly ReviewBox[]) {
    this.#boxes = boxes.map((box) => ({ ...box, key: this.#nextKey++ }));
    this.#saved = this.#boxes;
  }

  get boxes(): readonly EditedBox[] {
    return this.#boxes;
  }

  /** Whether there is something that the server does not have. */
  get isChanged(): boolean {
    return this.#boxes !== this.#saved;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  get(key: number | undefined): EditedBox | undefined {
    return this.#boxes.find((box) => box.key === key);
  }

  /** @returns the new box's key. */
  add(label: string, box: Box): number {
    const key = this.#nextKey++;
    this.#step([...this.#boxes, { key, label, box }]);
    return key;
  }

  /** Adds boxes that a detector has found, as one step. */
  addFound(found: readonly ReviewBox[]): void {
    this.#step([...this.#boxes, ...found.map((box) => ({ ...box, key: this.#nextKey++ }))]);
  }

  remove(key: number): void {
    this.#step(this.#boxes.filter((box) => box.key !== key));
  }

  /** What a person changed is theirs: it has no score any more. */
  change(key: number, change: Partial<Pick<EditedBox, 'label' | 'box'>>): void {
    this.#step(
      this.#boxes.map((box) => (box.key === key ? { ...confirmed(box), ...change } : box)),
    );
  }

  /** A detector's box is right as it is. */
  accept(key: number): void {
    if (this.get(key)?.score !== undefined) this.change(key, {});
  }

  acceptAll(): void {
    if (this.#boxes.some(({ score }) => score !== undefined)) {
      this.#step(this.#boxes.map(confirmed));
    }
  }

  undo(): void {
    const former = this.#past.pop();
    if (!former) return;
    this.#future.push(this.#boxes);
    this.#boxes = former;
  }

  redo(): void {
    const next = this.#future.pop();
    if (!next) return;
    this.#past.push(this.#boxes);
    this.#boxes = next;
  }

  saved(boxes: readonly EditedBox[]): void {
    this.#saved = boxes;
  }

  #step(boxes: readonly EditedBox[]): void {
    this.#past.push(this.#boxes);
    this.#future = [];
    this.#boxes = boxes;
  }
}

/** The form in which a box goes over the wire. */
export function reviewBox({ label, score, box }: EditedBox): ReviewBox {
  return score === undefined ? { label, box } : { label, score, box };
}

function confirmed({ key, label, box }: EditedBox): EditedBox {
  return { key, label, box };
}
