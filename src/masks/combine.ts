import type { RunLengthMask } from './runLength.js';

/** The pixels in any of several masks of one size. @throws RangeError for none, and for several sizes. */
export function uniteMasks(masks: readonly RunLengthMask[]): RunLengthMask {
  return masks.reduce((a, b) => combine(a, b, (inA, inB) => inA || inB), first(masks));
}

/** The pixels in all of several masks of one size. @throws RangeError for none, and for several sizes. */
export function intersectMasks(masks: readonly RunLengthMask[]): RunLengthMask {
  return masks.reduce((a, b) => combine(a, b, (inA, inB) => inA && inB), first(masks));
}

function first(masks: readonly RunLengthMask[]): RunLengthMask {
  if (masks.length === 0) throw new RangeError('There are no masks to combine.');
  return masks[0];
}

function combine(
  a: RunLengthMask,
  b: RunLengthMask,
  keeps: (inA: boolean, inB: boolean) => boolean,
): RunLengthMask {
  if (a === b) return a;
  if (a.height !== b.height || a.width !== b.width) {
    throw new RangeError(
      `Masks of ${a.height} × ${a.width} and ${b.height} × ${b.width} pixels cannot be combined.`,
    );
  }
  const counts: number[] = [];
  let inside = false;
  let length = 0;
  forEachPiece(a, b, (piece, inA, inB) => {
    if (keeps(inA, inB) !== inside) {
      counts.push(length);
      length = 0;
      inside = !inside;
    }
    length += piece;
  });
  counts.push(length);
  return { height: a.height, width: a.width, counts: Uint32Array.from(counts) };
}

/** Visits stretches of pixels that lie inside or outside each of two masks as a whole. */
export function forEachPiece(
  { counts: a }: RunLengthMask,
  { counts: b }: RunLengthMask,
  visit: (length: number, inA: boolean, inB: boolean) => void,
): void {
  let [i, j] = [0, 0];
  let [restA, restB] = [a[0] ?? 0, b[0] ?? 0];
  for (;;) {
    while (restA === 0 && i + 1 < a.length) restA = a[++i];
    while (restB === 0 && j + 1 < b.length) restB = b[++j];
    const length = Math.min(restA, restB);
    if (length === 0) return;
    visit(length, i % 2 === 1, j % 2 === 1);
    restA -= length;
    restB -= length;
  }
}
