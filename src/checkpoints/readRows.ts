import { closeSync, openSync, readSync } from 'node:fs';
import type { NdArray } from '../jit/ndarray.js';

/**
 * Rows of a float32 matrix, or of one in a shorter form. Of a matrix in a file only these rows are read.
 * @returns [rows, width]
 */
export function readRows(table: NdArray, rows: ArrayLike<number>): Float32Array {
  const [count, width] = table.shape;
  const read = rowReader(table);
  const target = new Float32Array(rows.length * width);
  const places = new Map<number, number>();
  try {
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place];
      if (!(row >= 0 && row < count)) throw new RangeError(`There is no row ${row} of ${count}.`);
      const known = places.get(row);
      if (known === undefined) target.set(read.row(row), place * width);
      else target.copyWithin(place * width, known * width, (known + 1) * width);
      places.set(row, known ?? place);
    }
    return target;
  } finally {
    read.close();
  }
}

function rowReader(table: NdArray): { row(index: number): Float32Array; close(): void } {
  const [count, width] = table.shape;
  const { file } = table;
  if (!file) {
    const data = table.data as Float32Array;
    return { row: (index) => data.subarray(index * width, (index + 1) * width), close() {} };
  }
  const descriptor = openSync(file.path, 'r');
  const length = file.length / count;
  return {
    row(index) {
      const bytes = new Uint8Array(length);
      const start = file.offset + index * length;
      let done = 0;
      while (done < length) {
        const got = readSync(descriptor, bytes, done, length - done, start + done);
        if (got === 0) throw new Error(`${file.path} ends before byte ${start + length}.`);
        done += got;
      }
      return file.narrow ? file.narrow.decode(bytes) : new Float32Array(bytes.buffer);
    },
    close: () => closeSync(descriptor),
  };
}
