import sharp, { type Metadata } from 'sharp';
import type { Size } from '../../detectors/scales.js';
import { ImageError } from '../../src/images/imageError.js';
import { Refusal } from './errors.js';

const name = 'the picture';

/**
 * How files of the formats begin that are taken from anywhere. Drawings (SVG) are not: they can be programs
 * that never end.
 */
const beginnings = [
  /^\xff\xd8\xff/, // JPEG
  /^\x89PNG\r\n/,
  /^GIF8[79]a/,
  /^RIFF.{4}WEBP/s,
  /^(II[*+]\0|MM\0[*+])/, // TIFF
  // A box of less than 64 KiB.
  /^\0\0..ftyp(avif|avis|mif1|msf1|miaf)/s,
];
const longestBeginning = 16;

/** What the decoder has to take them for, too. */
const formats = new Set(['jpeg', 'png', 'gif', 'webp', 'tiff', 'heif']);

/** What a picture's header says. */
export interface PictureHeader extends Size {
  format: string;
}

/**
 * Reads a picture's header; where it was made to harm, that has no end.
 * @throws ImageError for what is no picture.
 */
export async function pictureHeader(file: Uint8Array): Promise<PictureHeader> {
  const start = Buffer.from(file.subarray(0, longestBeginning)).toString('latin1');
  if (!beginnings.some((beginning) => beginning.test(start))) throw unknownFormat();
  const { width, height, format } = await metadataOf(file);
  if (!formats.has(format)) throw unknownFormat();
  return { width, height, format };
}

/** @throws Refusal for more pixels than allowed. */
export function checkPixels({ width, height }: Size, most: number): void {
  if (width * height < most) return;
  throw new Refusal(
    413,
    `The picture has ${width} x ${height} pixels; less than ${most} are taken.`,
  );
}

function unknownFormat(): ImageError {
  return new ImageError(name, 'it is not in a known format (JPEG, PNG, WebP, GIF, TIFF or AVIF).');
}

async function metadataOf(file: Uint8Array): Promise<Metadata> {
  try {
    return await sharp(file, { failOn: 'none', limitInputPixels: false }).metadata();
  } catch (error) {
    throw new ImageError(name, 'its header is damaged or cut off.', { cause: error });
  }
}
