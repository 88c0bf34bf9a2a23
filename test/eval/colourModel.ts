import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { EvaluatedModel } from '../../eval/evaluatedModel.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { ndarray } from '../../src/jit/ndarray.js';

/** What each word means to the model below, in red, green and blue. */
const meanings: Record<string, number[]> = {
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
  white: [1, 1, 1],
  'bright red': [200, 0, 0],
  nothing: [0, 0, 0],
};

/** A model whose features are colours: of the box's centre, of the picture's, or of the word. */
export const colourModel: EvaluatedModel = {
  async regionFeatures(images, boxes) {
    const rows = boxes.flatMap((own, i) =>
      own.map(([x1, y1, x2, y2]) => colourAt(images[i], (x1 + x2) / 2, (y1 + y2) / 2)),
    );
    return ndarray(Float32Array.from(rows.flat()), [rows.length, 3]);
  },
  async imageFeatures(images) {
    const rows = images.map((image) => colourAt(image, 0.5, 0.5));
    return ndarray(Float32Array.from(rows.flat()), [rows.length, 3]);
  },
  async textFeatures(captions) {
    const rows = captions.map((caption) => meanings[caption]);
    return ndarray(Float32Array.from(rows.flat()), [rows.length, 3]);
  },
};

function colourAt({ data, width, height }: RgbImage, x: number, y: number): number[] {
  const pixel = Math.floor(y * height) * width + Math.floor(x * width);
  return [0, 1, 2].map((channel) => data[3 * pixel + channel] / 255);
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
