import { LRUCache } from 'lru-cache';
import type { PhotosModel } from '../../src/photos/model.js';
import { features } from '../features.js';
import { type Pace, untilAborted } from '../pace.js';
import type { TextFeatureCache } from '../textFeatureCache.js';

export const keptTexts = 20_000;

/** Texts that are encoded in one piece: nothing else of the process goes on meanwhile. */
const together = 32;

/** In tokens. Names are shorter; of what longer texts say beyond a name, the model understands nothing. */
const longestName = 32;

/** Centred unit vectors of texts, computed once and kept: in memory, and on the disk from one run to the next. */
export class TextVectors {
  readonly #model: PhotosModel;
  readonly #cache: TextFeatureCache;
  readonly #kept = new LRUCache<string, Promise<Float32Array>>({ max: keptTexts });

  /** @param cache with room for single texts. */
  constructor(model: PhotosModel, cache: TextFeatureCache) {
    this.#model = model;
    this.#cache = cache;
  }

  /** The vectors of texts as they are, in order. @throws UserError for a text that is no name but a caption */
  async of(texts: readonly string[], pace: Pace = untilAborted()): Promise<Float32Array[]> {
    const found = new Map(texts.map((text) => [text, this.#kept.get(text)]));
    const unknown = [...found.keys()].filter((text) => !found.get(text));
    for (let start = 0; start < unknown.length; start += together) {
      const piece = unknown.slice(start, start + together);
      await pace(async () => {
        // Others may have asked for some while this waited.
        this.#begin(piece.filter((text) => !this.#kept.has(text)));
        for (const text of piece) found.set(text, this.#kept.get(text));
        await Promise.all(piece.map((text) => found.get(text)));
      });
    }
    return Promise.all(texts.map((text) => found.get(text)!));
  }

  #begin(unknown: readonly string[]): void {
    if (unknown.length === 0) return;
    const made = this.#make(unknown);
    unknown.forEach((text, i) => {
      const vector = made.then((vectors) => vectors[i]);
      this.#kept.set(text, vector);
      vector.catch(() => this.#kept.delete(text));
    });
  }

  async #make(texts: readonly string[]): Promise<Float32Array[]> {
    const read = await Promise.all(texts.map((text) => this.#cache.read([text])));
    const vectors = read.map((one) => one?.values);
    const missing = [...texts.keys()].filter((i) => !vectors[i]);
    if (missing.length > 0) {
      const asked = missing.map((i) => texts[i]);
      const computed = await this.#model.textVectors(asked, longestName);
      const width = computed.length / missing.length;
      for (const [row, i] of missing.entries()) {
        const vector = computed.slice(row * width, (row + 1) * width);
        vectors[i] = vector;
        await this.#cache.keep([texts[i]], features(vector, width));
      }
    }
    return vectors.map((vector) => centred(vector!, this.#model.anchors.mean));
  }
}

/** unit(vector − mean) */
function centred(vector: Float32Array, mean: Float32Array): Float32Array {
  const moved = vector.map((value, i) => value - mean[i]);
  const length = Math.hypot(...moved);
  return moved.map((value) => value / length);
}
