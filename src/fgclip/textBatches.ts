import type { TextConfig } from './config.js';
import { laySideBySide, type PackedTexts, rowBucket } from './packedTexts.js';

/** Texts that are encoded together. */
export interface TextBatch extends PackedTexts {
  /** The place in the input of each text; `ends` has more entries, which repeat the first. */
  texts: number[];
}

/** Row lengths that occur: a compiled function serves one set of shapes, so there are few. */
const lengths = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/** Beyond a thousand tokens larger products are no faster. */
const mostTokens = 1024;

/** Fewest tokens per text that rows are made for, so that their shape decides the number of ends. */
const tokensPerText = 4;

/**
 * Texts in batches of similar length, laid side by side in few different shapes.
 * @param encoded each text's token ids
 */
export function textBatches(
  encoded: readonly ArrayLike<number>[],
  config: TextConfig,
): TextBatch[] {
  const order = [...encoded.keys()].sort((a, b) => encoded[a].length - encoded[b].length);
  const batches: TextBatch[] = [];
  let texts: number[] = [];
  let tokens = 0;
  const close = () => {
    if (texts.length > 0) batches.push(batchOf(encoded, texts, config));
    texts = [];
    tokens = 0;
  };
  for (const text of order) {
    const size = Math.max(tokensPerText, encoded[text].length);
    if (tokens + size > mostTokens) close();
    texts.push(text);
    tokens += size;
  }
  close();
  return batches;
}

/** The cheapest shape that holds the texts. */
function batchOf(
  encoded: readonly ArrayLike<number>[],
  texts: number[],
  config: TextConfig,
): TextBatch {
  const own = texts.map((text) => encoded[text]);
  const longest = Math.max(...own.map((ids) => ids.length));
  let best: PackedTexts | undefined;
  const candidates = lengths.filter((length) => length >= longest);
  for (const length of candidates.length > 0 ? candidates : [longest]) {
    const rowsForEnds = Math.ceil((texts.length * tokensPerText) / length);
    const packed = laySideBySide(own, config, length, (needed) =>
      rowBucket(Math.max(needed, rowsForEnds)),
    );
    if (!best || cost(packed, config) < cost(best, config)) best = packed;
  }
  const [rows, length] = best!.shape;
  const ends = new Int32Array(Math.ceil((rows * length) / tokensPerText)).fill(best!.ends[0]);
  ends.set(best!.ends);
  return { ...best!, ends, texts };
}

/** Relative cost of a block: 24·width² operations a token for its layers, 4·width·length for attention. */
function cost({ shape: [rows, length] }: PackedTexts, { hiddenSize }: TextConfig): number {
  return rows * length * (6 * hiddenSize + length);
}
