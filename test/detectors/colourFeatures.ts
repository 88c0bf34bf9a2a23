import { concatenated, type Features, features } from '../../detectors/features.js';
import type { ModelView, PatchModel } from '../../detectors/patchModel.js';
import type { Size } from '../../detectors/scales.js';
import type { RgbImage } from '../../src/images/rgbImage.js';

/** What the model below knows; the ground is what things lie on. */
export const colours = {
  ground: [128, 128, 128],
  red: [255, 0, 0],
  green: [0, 255, 0],
  blue: [0, 0, 255],
} as const;

export type Colour = keyof typeof colours;

const names = Object.keys(colours) as Colour[];
const palette = Uint8Array.from(Object.values(colours).flat());

/**
 * A model that looks at pixels: a patch's feature is the mix of its pixels' colours, a text's is the
 * colour it names. It proposes the bounding box of every patch of colour that is not the ground's.
 */
export class ColourFeatures implements PatchModel {
  readonly imageSize = 256;
  readonly patchSize = 8;
  readonly hasNetwork = true;

  async view(shown: RgbImage, canvas: Size, mostProposals: number): Promise<ModelView> {
    const { patchSize } = this;
    const [rows, columns] = [canvas.height / patchSize, canvas.width / patchSize];
    const values = new Float32Array(rows * columns * names.length);
    const seen = colourOfPixels(shown);
    for (let y = 0; y < shown.height; y++) {
      const line = Math.floor(y / patchSize) * columns;
      for (let x = 0; x < shown.width; x++) {
        const patch = line + Math.floor(x / patchSize);
        values[patch * names.length + seen[y * shown.width + x]]++;
      }
    }
    return {
      map: { features: features(values, names.length), rows, columns },
      extent: { rows: shown.height / patchSize, columns: shown.width / patchSize },
      proposals: boundingBoxes(seen, shown)
        .slice(0, mostProposals)
        .map((box) => ({ box: box.map((side) => side / patchSize) as never, quality: 0.9 })),
    };
  }

  async textFeatures(texts: readonly string[]): Promise<Features> {
    const rows = texts.map((text) =>
      names.map((name) => (text.split(' ').includes(name) ? 1 : 0.001)),
    );
    return concatenated(rows.map((row) => features(Float32Array.from(row), names.length)));
  }

  async dispose(): Promise<void> {}
}

/** Of each pixel the nearest colour, as an index. */
function colourOfPixels({ data, width, height }: RgbImage): Uint8Array {
  const seen = new Uint8Array(width * height);
  for (let i = 0; i < seen.length; i++) {
    let nearest = 3 * 256 ** 2;
    for (let colour = 0; colour < palette.length; colour += 3) {
      const red = data[3 * i] - palette[colour];
      const green = data[3 * i + 1] - palette[colour + 1];
      const blue = data[3 * i + 2] - palette[colour + 2];
      const distance = red * red + green * green + blue * blue;
      if (distance >= nearest) continue;
      nearest = distance;
      seen[i] = colour / 3;
    }
  }
  return seen;
}

/** Corners of the connected areas that are not ground. */
function boundingBoxes(seen: Uint8Array, { width, height }: Size): number[][] {
  const left = Uint8Array.from(seen);
  const boxes: number[][] = [];
  for (let start = 0; start < left.length; start++) {
    if (left[start] === 0) continue;
    const box = [width, height, 0, 0];
    const open = [start];
    left[start] = 0;
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      const [x, y] = [i % width, Math.floor(i / width)];
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x + 1);
      box[3] = Math.max(box[3], y + 1);
      const neighbours = [x > 0 && i - 1, x + 1 < width && i + 1, i - width, i + width];
      for (const next of neighbours) {
        if (next === false || !left[next]) continue;
        left[next] = 0;
        open.push(next);
      }
    }
    boxes.push(box);
  }
  return boxes;
}
