/** A map, or a part of one, in patches or in other places; of what lies on a map perhaps in fractions. */
export interface Grid {
  rows: number;
  columns: number;
}
