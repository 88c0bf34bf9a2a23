import sharp, { type Metadata } from 'sharp';
import { ImageError } from './imageError.js';
import { jpegScans } from './jpegScans.js';
import { type AnnotatedOrientation, isShown, type PictureSize } from './orientation.js';
import { readImageFile } from './readImageFile.js';
import type { RgbImage } from './rgbImage.js';

/** Pictures of this many pixels or more are refused unless the caller allows them. */
export const defaultMaxPixels = 100_000_000;

export interface DecodeOptions {
  /**
   * Turn the picture as its EXIF orientation says, so that it is the way a viewer shows it; or, of a picture with
   * annotations, if these are for the picture as shown. Default: true. The FG-CLIP reference, like Pillow, takes
   * the pixels in the order in which they are stored.
   */
  applyOrientation?: boolean | AnnotatedOrientation;
  /** Pictures of this many pixels or more are refused. Default: 100 megapixels. */
  maxPixels?: number;
  /** What errors call the picture. Default: the path, or "the picture" for bytes. */
  name?: string;
}

/**
 * Decodes a JPEG, PNG, WebP, GIF, TIFF or AVIF file, given by path or as its bytes, to 8-bit RGB as
 * Pillow's `convert("RGB")` does: alpha is dropped, not blended; grey is copied to three channels; an
 * embedded colour profile is not applied. CMYK goes to sRGB through its profile, 16 bits keep the upper
 * eight, and of an animation the first frame is taken.
 * @throws ImageError naming the file and why it cannot be decoded.
 */
export async function decodeImage(
  source: string | Uint8Array,
  options: DecodeOptions = {},
): Promise<RgbImage> {
  const name = options.name ?? (typeof source === 'string' ? source : 'the picture');
  const bytes = typeof source === 'string' ? await readImageFile(source, name) : source;
  if (bytes.length === 0) throw new ImageError(name, 'the file is empty (0 bytes).');

  const metadata = await readMetadata(bytes, name);
  if (metadata.format === 'svg') {
    throw new ImageError(name, 'drawings (SVG) are not read; make a picture of it first.');
  }
  checkSize(metadata, options.maxPixels ?? defaultMaxPixels, name);
  checkScans(metadata, bytes, name);
  try {
    const pipeline = sharp(bytes, {
      failOn: 'error',
      limitInputPixels: false,
      ignoreIcc: metadata.space !== 'cmyk',
    });
    const shown = isTurned(metadata, options.applyOrientation);
    if (shown) pipeline.autoOrient();
    const { data, info } = await pipeline
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    if (data.length !== width * height * 3) throw new Error(`${info.channels} channels`);
    return {
      ...{ width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) },
      ...((metadata.orientation ?? 1) > 1 && { takenAs: shown ? 'shown' : 'stored' }),
    };
  } catch (error) {
    throw new ImageError(name, `it is damaged or cut off${detail(error)}.`, { cause: error });
  }
}

/**
 * Width and height of a picture as viewers show it, turned as its EXIF orientation says, without decoding it.
 * @param annotated where it has annotations, which may be for the picture as stored.
 * @throws ImageError naming the file and why it cannot be read.
 */
export async function shownSize(
  file: string,
  annotated?: AnnotatedOrientation,
): Promise<PictureSize> {
  const metadata = await readMetadata(await readImageFile(file, file), file);
  if (/\.dng$/i.test(file) && metadata.subifds) {
    throw new ImageError(file, 'of this raw picture only the preview can be read.');
  }
  const { width, height } = isTurned(metadata, annotated) ? metadata.autoOrient : metadata;
  return { width, height };
}

function isTurned(metadata: Metadata, applied: boolean | AnnotatedOrientation = true): boolean {
  return typeof applied === 'boolean' ? applied : isShown(metadata, applied);
}

async function readMetadata(bytes: Uint8Array, name: string): Promise<Metadata> {
  try {
    return await sharp(bytes, { failOn: 'none', limitInputPixels: false }).metadata();
  } catch (error) {
    const unknown = /unsupported image format/i.test((error as Error).message);
    const reason =
      unknown && !isTiff(bytes)
        ? 'it is not a picture in a known format (JPEG, PNG, WebP, GIF, TIFF or AVIF).'
        : `its header is damaged or cut off${detail(error)}.`;
    throw new ImageError(name, reason, { cause: error });
  }
}

/** A TIFF's directory often lies at its end, and without it the file is not recognised as a picture. */
function isTiff(bytes: Uint8Array): boolean {
  return /^(II\*\0|MM\0\*)/.test(Buffer.from(bytes.subarray(0, 4)).toString('latin1'));
}

function checkSize({ width, height }: Metadata, maxPixels: number, name: string): void {
  if (width * height < maxPixels) return;
  const megapixels = (pixels: number) => `${Number((pixels / 1e6).toPrecision(3))} megapixels`;
  throw new ImageError(
    name,
    `${width} x ${height} is ${megapixels(width * height)}; pictures of ${megapixels(maxPixels)} ` +
      'or more are refused. Make it smaller or raise the limit.',
  );
}

/** Of a JPEG. Encoders make about ten. */
const mostScans = 100;

function checkScans({ format, isProgressive }: Metadata, bytes: Uint8Array, name: string): void {
  if (format !== 'jpeg' || !isProgressive || jpegScans(bytes, mostScans + 1) <= mostScans) return;
  throw new ImageError(name, `it is a JPEG of more than ${mostScans} scans; no camera makes one.`);
}

/** " (…)": the first line of a decoder's message, without its prefix and trailing punctuation, if that leaves any. */
function detail(error: unknown): string {
  const [line] = (error as Error).message.split('\n');
  const told = line
    .replace(/^Input (buffer|file)( has corrupt header)?:?\s*/, '')
    .replace(/[.\s]+$/, '');
  return told === '' ? '' : ` (${told})`;
}
