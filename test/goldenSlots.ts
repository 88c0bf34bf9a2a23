import { type NdArray, ndarray } from '../src/jit/ndarray.js';

/** Of a region with wrong descriptions, the true one and those. */
export const choices = 11;

export interface Slot {
  row: number;
  image: number;
  used: boolean;
}

/** The rows of a table with `perImage` rows for each image, of which the first ones are used. */
export function slots(counts: NdArray, perImage: number, first: number, end: number): Slot[] {
  return range(first, end).flatMap((image) =>
    range(0, perImage).map((i) => ({
      row: image * perImage + i,
      image: image - first,
      used: i < counts.data[image],
    })),
  );
}

/** For each slot the rows of its texts in a table that has rows for used slots only; none for the others. */
export function hardRows(
  counts: NdArray,
  perImage: number,
  first: number,
  end: number,
): number[][] {
  const used = (from: number, to: number) => slots(counts, perImage, from, to);
  let row = choices * used(0, first).filter((slot) => slot.used).length;
  return used(first, end).map((slot) => {
    if (!slot.used) return [];
    row += choices;
    return range(row - choices, row);
  });
}

export function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

export function rowOf(tensor: NdArray, row: number) {
  const width = tensor.size / tensor.shape[0];
  return tensor.data.subarray(row * width, (row + 1) * width);
}

export function stack(rows: readonly Int32Array[]): NdArray {
  const data = new Int32Array(rows.length * rows[0].length);
  rows.forEach((row, i) => {
    data.set(row, i * row.length);
  });
  return ndarray(data, [rows.length, rows[0].length]);
}

export function int32(values: ArrayLike<number>): NdArray {
  return ndarray(Int32Array.from(values), [values.length]);
}
