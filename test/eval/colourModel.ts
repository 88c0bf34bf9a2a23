import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { EncodeOptions } from '../../eval/encodePictures.js';
import type { EvaluatedModel } from '../../eval/featureTasks.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';

/** What each word means to the model below, in red, green and blue. */
const meanings: Record<string, number[]> = {
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
  white: [1, 1, 1],
  'bright red': [200, 0, 0],
  nothing: [0, 0, 0],
};

/** Pixels are colours of 0..1 here. */
export const options: EncodeOptions = {
  preprocessing: {
    ...{ width: 8, height: 8, rescaleFactor: 1 / 255 },
    ...{ mean: [0, 0, 0], std: [1, 1, 1] },
  },
};

/** A model whose features are colours: of the box's centre, of the picture's, or of the word. */
export const colourModel: EvaluatedModel = {
  config: { vision: { patchSize: 2 } },
  async regionFeatures(pixels, boxes) {
    const rows = Array.from({ length: boxes.shape[0] }, (_, region) => {
      const [image, x1, y1, x2, y2] = boxes.data.subarray(region * 5, region * 5 + 5);
      return colourAt(pixels, image, x1 + x2, y1 + y2);
    });
    return ndarray(Float32Array.from(rows.flat()), [rows.length, 3]);
  },
  async imageFeatures(pixels) {
    const rows = Array.from({ length: pixels.shape[0] }, (_, i) => colourAt(pixels, i, 4, 4));
    return ndarray(Float32Array.from(rows.flat()), [rows.length, 3]);
  },
  async textFeatures(captions) {
    const rows = captions.map((caption) => meanings[caption]);
    return ndarray(Float32Array.from(rows.flat()), [rows.length, 3]);
  },
};

function colourAt({ data }: NdArray, image: number, x: number, y: number): number[] {
  const pixel = Math.floor(y) * 8 + Math.floor(x);
  return [0, 1, 2].map((channel) => data[(image * 3 + channel) * 64 + pixel]);
}

/** Writes a picture with vertical stripes of these colours. @returns its path. */
export async function writeStripes(...colours: string[]): Promise<string> {
  const bars = colours.map(
    (fill, i) => `<rect x="${i * 8}" width="8" height="16" fill="${fill}"/>`,
  );
  const svg = `<svg width="${8 * colours.length}" height="16">${bars.join('')}</svg>`;
  const file = join(mkdtempSync(join(tmpdir(), 'fgdet-stripes-')), 'picture.png');
  await sharp(Buffer.from(svg)).png().toFile(file);
  return file;
}
