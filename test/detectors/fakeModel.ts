import { intersectionArea, scaleBox, type Xyxy } from '../../detectors/boxes.js';
import type { FeatureModel } from '../../detectors/featureModel.js';
import { concatenated, type Features, features, normalised } from '../../detectors/features.js';
import type { DenseMap } from '../../detectors/regions/pool.js';
import type { Size } from '../../detectors/scales.js';

const dimension = 64;

export interface Planted {
  phrase: string;
  /** In shares of the picture's sides. */
  box: Xyxy;
}

/**
 * A model whose pictures hold planted things: a patch's feature is the mix of the text features of what
 * covers it. Texts that share words are alike.
 */
export class FakeModel implements FeatureModel {
  readonly imageSize = 128;
  readonly patchSize = 8;
  textCalls: string[][] = [];
  encodedSizes: Size[] = [];
  readonly #planted: readonly Planted[];

  constructor(planted: readonly Planted[]) {
    this.#planted = planted;
  }

  async denseFeatures(_image: unknown, size: Size): Promise<DenseMap> {
    this.encodedSizes.push(size);
    const columns = size.width / this.patchSize;
    const rows = size.height / this.patchSize;
    const values = new Float32Array(rows * columns * dimension);
    for (let cell = 0; cell < rows * columns; cell++) {
      const [x, y] = [cell % columns, Math.floor(cell / columns)];
      const patch = values.subarray(cell * dimension, (cell + 1) * dimension);
      let background = 1;
      for (const { phrase, box } of this.#planted) {
        const covered = intersectionArea(scaleBox(box, columns, rows), [x, y, x + 1, y + 1]);
        background -= covered;
        add(patch, textVector(phrase), covered);
      }
      add(patch, textVector('background'), Math.max(background, 0));
      add(patch, wordVector(`noise ${cell}`), 0.2);
    }
    return { features: features(values, dimension), rows, columns };
  }

  async textFeatures(texts: readonly string[]): Promise<Features> {
    this.textCalls.push([...texts]);
    return concatenated(texts.map((text) => features(textVector(text), dimension)));
  }

  async dispose(): Promise<void> {}
}

/** The mean of the vectors of a text's words, the noun (last) counting double. */
function textVector(text: string): Float32Array {
  const words = text.replace(/^(a photo of )?(an? )?/, '').split(' ');
  const sum = new Float32Array(dimension);
  words.forEach((word, i) => {
    add(sum, wordVector(word), i === words.length - 1 ? 2 : 1);
  });
  return normalised(features(sum, dimension)).values;
}

function wordVector(word: string): Float32Array {
  let state = 2166136261;
  for (const letter of word) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  const vector = new Float32Array(dimension).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24 - 0.5;
  });
  return normalised(features(vector, dimension)).values;
}

function add(target: Float32Array, vector: Float32Array, weight: number): void {
  for (let i = 0; i < target.length; i++) target[i] += weight * vector[i];
}
