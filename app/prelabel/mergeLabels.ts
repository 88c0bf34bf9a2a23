import type { LabelledBox } from '../../datasets/labels/labelSet.js';
import { boxIou, type Xyxy } from '../../src/geometry/boxes.js';
import type { ExistingMode } from './existingModes.js';

/** A box of a picture after a run. */
export interface MergedBox extends LabelledBox {
  /** Whether a run made it and nobody has touched it since. */
  own?: boolean;
}

/** A box that a run found. */
export interface FoundBox {
  label: string;
  /** In pixels. */
  box: Xyxy;
  score: number;
}

/** Files round corners: boxes whose corners are nearer than so many pixels are the same. */
const sameCorner = 0.5;

/** Whether a box is the same as when a run made it, up to what files round. */
export function isSameBox(
  a: Pick<LabelledBox, 'label' | 'box'>,
  b: Pick<LabelledBox, 'label' | 'box'>,
) {
  return a.label === b.label && a.box.every((side, i) => Math.abs(side - b.box[i]) <= sameCorner);
}

/**
 * A picture's boxes with those of a run. A box that was found is left out where one of the same label lies
 * there already.
 * @param existing in the file.
 * @param earlier those of `existing` that a former run made, as it made them.
 * @param options.overlap boxes of one label that overlap more (IoU) are one.
 */
export function mergeBoxes(
  existing: readonly LabelledBox[],
  earlier: readonly LabelledBox[],
  found: readonly FoundBox[],
  { mode, overlap }: { mode: Exclude<ExistingMode, 'compare'>; overlap: number },
): MergedBox[] {
  const left = [...earlier];
  const known = existing.map((box): MergedBox => {
    const index = left.findIndex((other) => isSameBox(box, other));
    if (index < 0) return box;
    // As it was found: files round, and not all have scores.
    const [{ box: place, score }] = left.splice(index, 1);
    return { ...box, box: place, score: box.score ?? score, own: true };
  });
  const kept = mode === 'replace' ? known.filter(({ own }) => !own) : known;
  const added = found.filter(
    ({ label, box }) =>
      !kept.some((other) => other.label === label && boxIou(other.box, box) > overlap),
  );
  return [...kept, ...added.map((box) => ({ ...box, own: true }))];
}
