/** Texts that go through the network together, side by side in one row. */
export interface TextRow {
  /** Places of the texts in the input. */
  texts: number[];
  /** Tokens of the row; those behind the last text are padding. */
  tokens: number;
}

/** Lengths of rows: a compiled function serves one, so there are few. */
const lengths = [8, 16, 64, 256];

/** Fewest tokens of the row that a text counts for, so that its length decides the number of results. */
const tokensPerText = 4;

/** Texts that a row of so many tokens may have. */
export function mostTexts(tokens: number): number {
  return tokens / tokensPerText;
}

/**
 * Texts in rows: those of similar length together, as many as fit.
 * @param sizes tokens of each text, at most 256
 */
export function textRows(sizes: readonly number[]): TextRow[] {
  const order = [...sizes.keys()].sort((a, b) => sizes[a] - sizes[b]);
  const most = lengths[lengths.length - 1];
  const rows: TextRow[] = [];
  let texts: number[] = [];
  let filled = 0;
  const close = () => {
    if (texts.length > 0) rows.push({ texts, tokens: lengths.find((one) => one >= filled)! });
    texts = [];
    filled = 0;
  };
  for (const text of order) {
    const size = Math.max(tokensPerText, sizes[text]);
    if (filled + size > most) close();
    texts.push(text);
    filled += size;
  }
  close();
  return rows;
}
