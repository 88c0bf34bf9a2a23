import sharp from 'sharp';
import { UserError } from '../errors.js';
import type { ImageChange } from './sample.js';

const mean = [0.48145466, 0.4578275, 0.40821073];
const std = [0.26862954, 0.26130258, 0.27577711];

/**
 * Reads a picture, changes it and writes it to `target` ([3, size, size], normalised).
 * @throws UserError when the picture cannot be read.
 */
export async function preparePixels(
  path: string,
  change: ImageChange,
  size: number,
  target: Float32Array,
): Promise<void> {
  let rgb: Buffer;
  try {
    const image = sharp(path);
    const { width, height } = await image.metadata();
    const [x1, y1, x2, y2] = change.crop;
    const left = Math.round(x1 * width);
    const top = Math.round(y1 * height);
    rgb = await image
      .extract({
        left,
        top,
        width: Math.max(1, Math.round(x2 * width) - left),
        height: Math.max(1, Math.round(y2 * height) - top),
      })
      .flop(change.flip)
      .resize(size, size, { fit: 'fill', kernel: 'cubic' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
  } catch (error) {
    throw new UserError(`${path}: ${(error as Error).message}`);
  }
  const area = size * size;
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) target[c * area + i] = (rgb[3 * i + c] / 255 - mean[c]) / std[c];
  }
}
