/** The first positions, whose rows the long texts share with the short ones (Long-CLIP, FG-CLIP). */
export const keptPositions = 20;

/** Rows that a table of `positions` rows stretches to: 248 for 77. */
export function stretchedLength(positions: number): number {
  const kept = Math.min(keptPositions, positions);
  return kept + 4 * (positions - kept);
}

/**
 * Stretches a table of learned positions for longer texts, as FG-CLIP starts from CLIP: the first 20
 * rows are kept, each later row becomes four by linear interpolation to the next, and the last four
 * extrapolate. Equals the reference to the last bit: it rounds to float32 where that does.
 * @param table [positions, width], row-major.
 * @returns [stretchedLength(positions), width].
 */
export function stretchPositions(table: Float32Array, width: number): Float32Array {
  const positions = table.length / width;
  const stretched = new Float32Array(stretchedLength(positions) * width);
  const kept = Math.min(keptPositions, positions) * width;
  stretched.set(table.subarray(0, kept));
  let to = kept;
  for (let from = kept; from < table.length; from += width) {
    const isLast = from + width === table.length;
    for (let step = 0; step < 4; step++) {
      for (let i = from; i < from + width; i++) {
        stretched[to++] = isLast
          ? table[i] + Math.fround(step * Math.fround(table[i] - table[i - width])) / 4
          : Math.fround((4 - step) * table[i]) / 4 + Math.fround(step * table[i + width]) / 4;
      }
    }
  }
  return stretched;
}
