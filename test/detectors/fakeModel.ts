import { concatenated, type Features, features, normalised } from '../../detectors/features.js';
import type { ModelView, PatchModel } from '../../detectors/patchModel.js';
import type { Size } from '../../detectors/scales.js';
import { intersectionArea, scaleBox, type Xyxy } from '../../src/geometry/boxes.js';
import type { RgbImage } from '../../src/images/rgbImage.js';

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
export class FakeModel implements PatchModel {
  readonly imageSize = 128;
  readonly patchSize = 8;
  textCalls: string[][] = [];
  encodedSizes: Size[] = [];
  readonly hasNetwork: boolean;
  readonly #planted: readonly Planted[];

  /** @param hasNetwork whether it proposes the boxes of what is planted. */
  constructor(planted: readonly Planted[], hasNetwork = false) {
    this.hasNetwork = hasNetwork;
    this.#planted = planted;
  }

  async view(shown: RgbImage, canvas: Size, mostProposals: number): Promise<ModelView> {
    this.encodedSizes.push(canvas);
    const extent = { columns: shown.width / this.patchSize, rows: shown.height / this.patchSize };
    const columns = Math.ceil(extent.columns);
    const rows = Math.ceil(extent.rows);
    const values = new Float32Array(rows * columns * dimension);
    for (let cell = 0; cell < rows * columns; cell++) {
      const [x, y] = [cell % columns, Math.floor(cell / columns)];
      const patch = values.subarray(cell * dimension, (cell + 1) * dimension);
      let background = 1;
      for (const { phrase, box } of this.#planted) {
        const covered = intersectionArea(scaleBox(box, extent.columns, extent.rows), [
          x,
          y,
          x + 1,
          y + 1,
        ]);
        background -= covered;
        add(patch, textVector(phrase), covered);
      }
      add(patch, textVector('background'), Math.max(background, 0));
      add(patch, wordVector(`noise ${cell}`), 0.2);
    }
    const map = { features: features(values, dimension), rows, columns };
    if (!this.hasNetwork) return { map, extent };
    const proposals = this.#planted.map(({ box }, i) => ({
      box: scaleBox(box, extent.columns, extent.rows),
      quality: 0.9 - 0.01 * i,
    }));
    return { map, extent, proposals: proposals.slice(0, mostProposals) };
  }

  async textFeatures(texts: readonly string[]): Promise<Features> {
    this.textCalls.push([...texts]);
    return concatenated(texts.map((text) => features(textVector(text), dimension)));
  }

  async dispose(): Promise<void> {}
}

/** The mean of the vectors of a text's words, the noun (last) counting double. */
const textVector = remembered((text) => {
  const words = text.replace(/^(a photo of )?(an? )?/, '').split(' ');
  const sum = new Float32Array(dimension);
  words.forEach((word, i) => {
    add(sum, wordVector(word), i === words.length - 1 ? 2 : 1);
  });
  return normalised(features(sum, dimension)).values;
});

const wordVector = remembered((word) => {
  let state = 2166136261;
  for (const letter of word) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  const vector = new Float32Array(dimension).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24 - 0.5;
  });
  return normalised(features(vector, dimension)).values;
});

/** Every patch of every picture asks for the same few vectors. */
function remembered(vectorOf: (text: string) => Float32Array): (text: string) => Float32Array {
  const known = new Map<string, Float32Array>();
  return (text) => {
    const vector = known.get(text) ?? vectorOf(text);
    known.set(text, vector);
    return vector;
  };
}

function add(target: Float32Array, vector: Float32Array, weight: number): void {
  for (let i = 0; i < target.length; i++) target[i] += weight * vector[i];
}
