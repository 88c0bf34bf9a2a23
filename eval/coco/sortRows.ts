/**
 * Orders of rows by a column, all stable: sorting by the last criterion first gives an order by several.
 */

/**
 * Rows by the place of each in a list of `places`.
 * @param placeOf the place of each row of the column, from 0.
 */
export function sortByPlace(rows: Uint32Array, placeOf: Int32Array, places: number): Uint32Array {
  const next = new Uint32Array(places + 1);
  for (const row of rows) next[placeOf[row] + 1]++;
  for (let place = 0; place < places; place++) next[place + 1] += next[place];
  const sorted = new Uint32Array(rows.length);
  for (const row of rows) sorted[next[placeOf[row]]++] = row;
  return sorted;
}

const digits = 8;
const radix = 256;

/** Rows by falling score: a radix sort over the bytes of the scores. */
export function sortByFallingScore(rows: Uint32Array, scores: ArrayLike<number>): Uint32Array {
  const { length } = rows;
  if (length < 2) return rows;
  const keys = fallingKeys(rows, scores);
  const counts = new Uint32Array(digits * radix);
  for (let i = 0; i < length; i++) {
    for (let digit = 0; digit < digits; digit++) counts[digit * radix + keys[i * digits + digit]]++;
  }
  let order = Uint32Array.from(rows.keys());
  let target = new Uint32Array(length);
  for (let digit = 0; digit < digits; digit++) {
    const next = counts.subarray(digit * radix, (digit + 1) * radix);
    // All share the byte.
    if (next[keys[digit]] === length) continue;
    let start = 0;
    for (let value = 0; value < radix; value++) {
      const count = next[value];
      next[value] = start;
      start += count;
    }
    for (let i = 0; i < length; i++) target[next[keys[order[i] * digits + digit]]++] = order[i];
    [order, target] = [target, order];
  }
  for (let i = 0; i < length; i++) order[i] = rows[order[i]];
  return order;
}

/** Eight bytes for each row, the least significant first, which as whole numbers fall with rising score. */
function fallingKeys(rows: Uint32Array, scores: ArrayLike<number>): Uint8Array {
  const values = new Float64Array(rows.length);
  // Adding zero makes −0 the same as 0.
  for (let i = 0; i < rows.length; i++) values[i] = scores[rows[i]] + 0;
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < words.length; i += 2) {
    // The bits of negative doubles fall already; those of the others rise.
    if (words[i + 1] >>> 31) continue;
    words[i] = ~words[i];
    words[i + 1] = ~words[i + 1] & 0x7fffffff;
  }
  return new Uint8Array(values.buffer);
}
