/** Texts laid side by side in rows of one length, so that hardly any token is padding. */
export interface PackedTexts {
  /** [rows, length] of `ids`, `segments` and `positions`. */
  shape: [rows: number, length: number];
  ids: Int32Array;
  /** The text that each token belongs to, -1 for padding: tokens attend within their own text only. */
  segments: Int32Array;
  /** Each token's place in its text. */
  positions: Int32Array;
  /** For each text the token it is pooled at, counted through all rows. */
  ends: Int32Array;
}

/**
 * Lays texts side by side, each whole in one row: the longest first, each in the first row with room.
 * @param encoded each text's token ids, at most `length`
 * @param length of a row
 * @param rowCount how many rows to make of those that are needed (at least as many)
 */
export function laySideBySide(
  encoded: readonly ArrayLike<number>[],
  { eosId, padId }: { eosId: number; padId: number },
  length: number,
  rowCount: (needed: number) => number = rowBucket,
): PackedTexts {
  const order = [...encoded.keys()].sort((a, b) => encoded[b].length - encoded[a].length);
  const room: number[] = [];
  const places = new Int32Array(encoded.length);
  for (const text of order) {
    const size = encoded[text].length;
    let row = room.findIndex((left) => left >= size);
    if (row < 0) row = room.push(length) - 1;
    places[text] = row * length + length - room[row];
    room[row] -= size;
  }
  const rows = rowCount(room.length);
  const ids = new Int32Array(rows * length).fill(padId);
  const segments = new Int32Array(rows * length).fill(-1);
  const positions = new Int32Array(rows * length);
  const ends = Int32Array.from(encoded, (text, index) => {
    const start = places[index];
    ids.set(text, start);
    segments.fill(index, start, start + text.length);
    for (let i = 0; i < text.length; i++) positions[start + i] = i;
    // A text without an end is pooled at its first token.
    return start + Math.max(0, Array.prototype.indexOf.call(text, eosId));
  });
  return { shape: [rows, length], ids, segments, positions, ends };
}

/** A few different numbers of rows, at most a sixteenth more than needed. */
export function rowBucket(needed: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(needed)) - 4);
  return Math.ceil(needed / step) * step;
}
