import { decodeImage } from '../src/images/decode.js';
import { type Normalisation, normalise } from '../src/images/preprocess.js';
import { resizeBicubic } from '../src/images/resize.js';
import { adjustColour, cropAndFlip } from './augment.js';
import type { ImageChange } from './sample.js';

/**
 * Reads a picture (its path or its bytes), changes it and writes it to `target` ([3, size, size], normalised). Boxes of training
 * data refer to the pixels as they are stored, so an EXIF orientation is not applied.
 * @throws ImageError when the picture cannot be read.
 */
export async function preparePixels(
  picture: string | Uint8Array,
  name: string,
  change: ImageChange,
  size: number,
  normalisation: Normalisation,
  target: Float32Array,
): Promise<void> {
  const image = await decodeImage(picture, { applyOrientation: false, name });
  const part = cropAndFlip(image, change.crop, change.flip);
  normalise(adjustColour(resizeBicubic(part, size, size), change.colour), normalisation, target);
}
