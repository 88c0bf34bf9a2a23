import { readRows } from '../checkpoints/readRows.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { TextConfig } from './config.js';
import { tokenTable } from './parameters.js';
import { type TextLength, tokenCount } from './textLength.js';

/**
 * What the text tower sees of its tokens. The table of tokens is the largest tensor there is and texts need few of its
 * rows, so these are read from the file, and the table is no part of the compiled graph.
 */
export class TokenEmbeddings {
  readonly #parameters: ReadonlyMap<string, NdArray>;
  readonly #config: TextConfig;
  readonly #positions = new Map<TextLength, Float32Array>();

  /** @param parameters all of a model, by name. */
  constructor(parameters: ReadonlyMap<string, NdArray>, config: TextConfig) {
    this.#parameters = parameters;
    this.#config = config;
  }

  /**
   * Token plus position embeddings.
   * @param texts the ids of each, as many as texts of this length have.
   * @returns [texts, tokens, width]
   */
  embed(texts: readonly Int32Array[], length: TextLength): NdArray {
    const { hiddenSize } = this.#config;
    const count = tokenCount(this.#config, length);
    const ids = new Int32Array(texts.length * count);
    texts.forEach((text, i) => {
      ids.set(text, i * count);
    });
    const embedded = readRows(this.#parameters.get(tokenTable)!, ids);
    const positions = this.#positionsOf(length);
    for (let i = 0; i < embedded.length; i++) embedded[i] += positions[i % positions.length];
    return ndarray(embedded, [texts.length, count, hiddenSize]);
  }

  #positionsOf(length: TextLength): Float32Array {
    const known = this.#positions.get(length);
    if (known) return known;
    const { keptPositions, hiddenSize } = this.#config;
    const table = (suffix: string) =>
      this.#parameters.get(`text_model.embeddings.position_embedding${suffix}.weight`)!
        .data as Float32Array;
    const positions = table(length === 'long' ? '_res' : '').slice();
    if (length === 'long') positions.set(table('_ori').subarray(0, keptPositions * hiddenSize));
    this.#positions.set(length, positions);
    return positions;
  }
}
