import { resizeBicubic, resizeBilinear } from '../../../src/images/resize.js';
import type { RgbImage } from '../../../src/images/rgbImage.js';
import type { Size } from '../../scales.js';
import type { ModelType } from './modelTypes.js';
import { resizedSize } from './resizedSize.js';
import type { HubInputs, ImageProcessor, TransformersModule } from './transformers.js';

/** A picture as a detector is given it. */
export interface Pixels {
  inputs: HubInputs;
  /** What the detector's boxes are shares of, in pixels of the picture: its size, and that of what was added to it. */
  extent: Size;
}

/**
 * Makes of a picture what the model's own processor makes of it in Python. transformers.js 3 and 4 round sides otherwise,
 * and skip pixels where a picture shrinks, so it is given to them in its final size, resized as Pillow does.
 */
export async function pixelsFor(
  image: RgbImage,
  type: ModelType,
  processor: ImageProcessor,
  { RawImage }: Pick<TransformersModule, 'RawImage'>,
): Promise<Pixels> {
  const whole = type.square ? madeSquare(image) : image;
  const { width, height } = resizedSize(whole, type, processor);
  const resize = processor.resample === 3 ? resizeBicubic : resizeBilinear;
  const { data } = resize(whole, width, height);
  const { pixel_values, pixel_mask } = await processor(new RawImage(data, width, height, 3));
  const [, , rows, columns] = pixel_values.dims;
  return {
    inputs: { pixel_values, ...(pixel_mask && { pixel_mask }) },
    // The processor may have added to it on the right and below.
    extent: { width: (whole.width * columns) / width, height: (whole.height * rows) / height },
  };
}

function madeSquare({ width, height, data }: RgbImage): RgbImage {
  if (width === height) return { width, height, data };
  const side = Math.max(width, height);
  const padded = new Uint8Array(3 * side * side);
  for (let y = 0; y < height; y++) {
    padded.set(data.subarray(3 * width * y, 3 * width * (y + 1)), 3 * side * y);
  }
  return { width: side, height: side, data: padded };
}
