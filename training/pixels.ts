import { decodeImage } from '../src/images/decode.js';
import type { AnnotatedOrientation, TakenAs } from '../src/images/orientation.js';
import { type Normalisation, normalise } from '../src/images/preprocess.js';
import { resizeBicubic } from '../src/images/resize.js';
import { adjustColour, cropAndFlip } from './augment.js';
import type { ImageChange } from './sample.js';

/**
 * Reads a picture (its path or its bytes), changes it and writes it to `target` ([3, size, size], normalised).
 * @param annotated what its boxes are for, which decides about its EXIF orientation.
 * @returns which way round it was taken, where that makes a difference
 * @throws ImageError when the picture cannot be read.
 */
export async function preparePixels(
  picture: string | Uint8Array,
  name: string,
  annotated: AnnotatedOrientation,
  change: ImageChange,
  size: number,
  normalisation: Normalisation,
  target: Float32Array,
): Promise<TakenAs | undefined> {
  const image = await decodeImage(picture, { applyOrientation: annotated, name });
  const part = cropAndFlip(image, change.crop, change.flip);
  normalise(adjustColour(resizeBicubic(part, size, size), change.colour), normalisation, target);
  return image.takenAs;
}
