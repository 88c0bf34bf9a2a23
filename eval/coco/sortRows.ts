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

/** Rows by falling score. */
export function sortByFallingScore(rows: Uint32Array, scores: ArrayLike<number>): Uint32Array {
  return rows.toSorted((a, b) => scores[b] - scores[a]);
}
