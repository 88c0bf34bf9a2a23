import type { Xyxy } from '../src/geometry/boxes.js';
import { crop } from '../src/images/crop.js';
import { type PatchLimit, patchGrid, scaledLimit } from '../src/images/naflex.js';
import type { AnnotatedOrientation, TakenAs } from '../src/images/orientation.js';
import { resizeBicubic, resizeBilinear } from '../src/images/resize.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { letterbox } from './letterbox.js';
import { inputSize, type Size } from './scales.js';
import { partsOf, type TileRequest } from './tiles.js';

/** A file's path, a file's bytes, or a decoded picture. */
export type ImageSource = string | Uint8Array | RgbImage;

/** How a detector looks at pictures: plain data, which can be posted to a thread. */
export interface Sight {
  /** Side in pixels of the square that the model was trained on. */
  imageSize: number;
  /** Side of a patch in pixels. */
  patchSize: number;
  /** Sizes at which a picture is looked at, in multiples of `imageSize`. */
  scales: readonly number[];
  /** Whether parts are squashed to a square of `imageSize`, their aspect ratio lost, instead of fitted to a canvas. */
  squash?: boolean;
  /**
   * The most patches of a part, which then keeps its own aspect ratio; a scale multiplies it by its square. Default: parts
   * are fitted to a canvas.
   */
  patchLimit?: PatchLimit;
  tiles?: TileRequest;
  /** Whether the picture's own pixels are needed as well. */
  keepsImage: boolean;
}

/** A part of a picture at one size. */
export interface PreparedView {
  /** What the model sees, in whole patches. */
  canvas: Size;
  /** The part, resized: it fits the canvas. */
  shown: RgbImage;
}

/** The whole picture, or one of its tiles. */
export interface PreparedPart {
  /** In pixels of the picture. */
  rect: Xyxy;
  views: PreparedView[];
}

/** A picture as a detector wants to see it; all that is left to do is the model's work. */
export interface PreparedPicture extends Size {
  parts: Iterable<PreparedPart>;
  /** The picture itself, where it is kept. */
  image?: RgbImage;
  /** Of a file whose EXIF orientation makes a difference: which way round it was taken. */
  takenAs?: TakenAs;
}

export interface ReadOptions {
  /** What errors call the picture. Default: the path, or "the picture". */
  name?: string;
  /** Take a file's pixels as stored, whatever its EXIF orientation says. Default: false. */
  ignoreOrientation?: boolean;
  /** Of a picture with annotations, what these are for, which then decides about the EXIF orientation. */
  annotated?: AnnotatedOrientation;
  /** Files of pictures with so many pixels or more are refused. Default: 100 megapixels. */
  maxPixels?: number;
}

/**
 * The pixels of a picture.
 * @throws ImageError where they cannot be read.
 */
export async function decoded(source: ImageSource, options: ReadOptions = {}): Promise<RgbImage> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) return source;
  const { decodeImage } = await import('../src/images/decode.js');
  const { name, ignoreOrientation, annotated, maxPixels } = options;
  const applyOrientation = annotated ?? !ignoreOrientation;
  return decodeImage(source, { name, maxPixels, applyOrientation });
}

/** The picture as it is wanted. Its parts are resized when they are iterated over, each time anew. */
export function prepared(image: RgbImage, sight: Sight): PreparedPicture {
  const { width, height, takenAs } = image;
  const side = sight.imageSize * Math.max(...sight.scales);
  const rects = partsOf(image, sight.tiles, side);
  return {
    ...{ width, height },
    parts: {
      *[Symbol.iterator]() {
        for (const rect of rects) yield { rect, views: viewsOf(crop(image, rect), sight) };
      },
    },
    ...(sight.keepsImage && { image }),
    ...(takenAs && { takenAs }),
  };
}

function viewsOf(part: RgbImage, sight: Sight): PreparedView[] {
  const { imageSize, patchSize, patchLimit, scales, squash } = sight;
  if (squash) {
    const canvas = { width: imageSize, height: imageSize };
    return [{ canvas, shown: resizeBilinear(part, imageSize, imageSize) }];
  }
  if (patchLimit !== undefined) {
    return scales.map((scale) => {
      const limit = scaledLimit(part, patchSize, patchLimit, scale);
      const { rows, columns } = patchGrid(part, patchSize, limit);
      const canvas = { width: columns * patchSize, height: rows * patchSize };
      return { canvas, shown: resizeBilinear(part, canvas.width, canvas.height) };
    });
  }
  return scales.map((scale) => {
    const canvas = inputSize(part, imageSize, patchSize, scale);
    const { scaled } = letterbox(part, canvas);
    return { canvas, shown: resizeBicubic(part, scaled.width, scaled.height) };
  });
}
