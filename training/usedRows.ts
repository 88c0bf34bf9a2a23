import { readRows } from '../src/checkpoints/readRows.js';
import { rowBucket } from '../src/fgclip/packedTexts.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { tokenTable } from '../src/nn/lookUpTokens.js';
import type { TrainingBatch } from './stepOptions.js';

export interface UsedRows<Batch> {
  /** With the rows that the batch uses in place of the table of tokens. */
  parameters: Record<string, NdArray>;
  /** With the places among these in place of token ids. */
  batch: Batch;
  /** Which rows they are; behind them some that are not used, so that few numbers of rows occur. */
  rows: Int32Array;
}

/** A batch, and of the table of tokens only what it looks up there: the gradient of the whole would be as large. */
export function onlyUsedRows<Batch extends Pick<TrainingBatch, 'longIds' | 'shortIds'>>(
  parameters: Readonly<Record<string, NdArray>>,
  batch: Batch,
): UsedRows<Batch> {
  const { longIds, shortIds } = batch;
  const rows = Int32Array.from(new Set([...longIds.data, ...shortIds.data])).sort();
  const places = new Map(Array.from(rows, (row, place) => [row, place]));
  const placesOf = ({ data, shape }: NdArray) =>
    ndarray(
      Int32Array.from(data, (id) => places.get(id)!),
      shape,
    );
  const read = new Int32Array(rowBucket(rows.length)).fill(rows[0]);
  read.set(rows);
  const table = parameters[tokenTable];
  const used = ndarray(readRows(table, read), [read.length, table.shape[1]]);
  return {
    parameters: { ...parameters, [tokenTable]: used },
    batch: { ...batch, longIds: placesOf(longIds), shortIds: placesOf(shortIds) },
    rows,
  };
}

/** Adds the gradient of used rows to that of the whole table, in place. */
export function addUsedRows(whole: NdArray, { data }: NdArray, rows: Int32Array): NdArray {
  const width = whole.shape[1];
  rows.forEach((row, place) => {
    const sums = whole.data.subarray(row * width, (row + 1) * width);
    for (let i = 0; i < width; i++) sums[i] += data[place * width + i];
  });
  return whole;
}
