import type { NdArray } from '../jit/ndarray.js';
import { scaleSuffix } from '../nn/scaleSuffix.js';

const prefix = 'text.embeddings';

/**
 * What a BERT sees of its tokens. The table of words is the largest tensor there is and a text needs few of its
 * rows, so these are picked from the bytes as they are stored, and the table is no part of the compiled graph.
 */
export class WordEmbeddings {
  readonly #words: QuantisedRows;
  readonly #positions: QuantisedRows;
  readonly #type: Float32Array;

  /** @param tensors the parameters of a model, by name. */
  constructor(tensors: ReadonlyMap<string, NdArray>) {
    this.#words = new QuantisedRows(tensors, `${prefix}.word_embeddings.weight`);
    this.#positions = new QuantisedRows(tensors, `${prefix}.position_embeddings.weight`);
    this.#type = tensors.get(`${prefix}.token_type_embeddings.weight`)!.data as Float32Array;
  }

  /** Writes word + position + type embeddings of a text to `target`, [tokens, width]. */
  write(ids: Int32Array, target: Float32Array): void {
    const width = this.#type.length;
    for (let token = 0; token < ids.length; token++) {
      const row = target.subarray(token * width, (token + 1) * width);
      row.set(this.#type);
      this.#words.addTo(row, ids[token]);
      this.#positions.addTo(row, token);
    }
  }
}

/** A matrix in whole numbers with a scale for each row. */
class QuantisedRows {
  readonly #values: Int8Array;
  readonly #scales: Float32Array;

  constructor(tensors: ReadonlyMap<string, NdArray>, name: string) {
    const { bytes } = tensors.get(name)!;
    this.#values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#scales = tensors.get(name + scaleSuffix)!.data as Float32Array;
  }

  addTo(target: Float32Array, row: number): void {
    const scale = this.#scales[row];
    const start = row * target.length;
    for (let i = 0; i < target.length; i++) target[i] += this.#values[start + i] * scale;
  }
}
