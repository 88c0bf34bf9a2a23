import sharp, { type Metadata } from 'sharp';
import type { Size } from '../../detectors/scales.js';
import { ImageError } from '../images/imageError.js';
import { Refusal } from './errors.js';

/** What pictures that come from anywhere may be: drawings (SVG) can be programs that never end. */
const formats = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif']);

const name = 'the picture';

/**
 * The size in a picture's header.
 * @throws Refusal for more pixels than allowed, ImageError for what is no picture.
 */
export async function pictureSize(file: Uint8Array, mostPixels: number): Promise<Size> {
  let header: Metadata;
  try {
    header = await sharp(file, { failOn: 'none', limitInputPixels: false }).metadata();
  } catch (error) {
    throw new ImageError(name, 'it cannot be read as a picture.', { cause: error });
  }
  const { format, width, height } = header;
  if (!formats.has(format)) {
    throw new ImageError(name, 'it is not in a known format (JPEG, PNG, WebP, GIF, TIFF or AVIF).');
  }
  if (width * height >= mostPixels) {
    throw new Refusal(
      413,
      `The picture has ${width} x ${height} pixels; less than ${mostPixels} are taken.`,
    );
  }
  return { width, height };
}
