import { decodeImage } from '../images/decode.js';
import { type Normalisation, normalise } from '../images/preprocess.js';
import { resizeBicubic } from '../images/resize.js';
import { adjustColour, cropAndFlip } from './augment.js';
import type { ImageChange } from './sample.js';

/**
 * Reads a picture, changes it and writes it to `target` ([3, size, size], normalised). Boxes of training
 * data refer to the pixels as they are stored, so an EXIF orientation is not applied.
 * @throws ImageError when the picture cannot be read.
 */
export async function preparePixels(
  path: string,
  change: ImageChange,
  size: number,
  normalisation: Normalisation,
  target: Float32Array,
): Promise<void> {
  const image = await decodeImage(path, { applyOrientation: false });
  const part = cropAndFlip(image, change.crop, change.flip);
  normalise(adjustColour(resizeBicubic(part, size, size), change.colour), normalisation, target);
}
