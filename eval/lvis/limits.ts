import { sortByFallingScore, sortByPlace } from '../coco/sortRows.js';

/**
 * Marks the rows with the highest scores of each group; of equal scores, the earlier ones.
 * @param groups what the rows are grouped by: ids of pictures, or of categories.
 * @param most rows of a group.
 * @returns 1 for each row that is marked.
 */
export function bestOfGroups(
  groups: ArrayLike<number>,
  scores: ArrayLike<number>,
  most: number,
): Uint8Array {
  const count = groups.length;
  const places = new Map<number, number>();
  const placeOf = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    let place = places.get(groups[row]);
    if (place === undefined) {
      place = places.size;
      places.set(groups[row], place);
    }
    placeOf[row] = place;
  }
  const sizes = new Uint32Array(places.size);
  for (let row = 0; row < count; row++) sizes[placeOf[row]]++;
  const marked = new Uint8Array(count).fill(1);
  const crowded = Uint32Array.from(placeOf.keys()).filter((row) => sizes[placeOf[row]] > most);
  const rows = sortByPlace(crowded, placeOf, places.size);
  for (let start = 0; start < rows.length; ) {
    const end = start + sizes[placeOf[rows[start]]];
    for (const row of sortByFallingScore(rows.subarray(start, end), scores).subarray(most)) {
      marked[row] = 0;
    }
    start = end;
  }
  return marked;
}
