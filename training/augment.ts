import type { RelativeBox } from '../datasets/finehard.js';
import { crop } from '../src/images/crop.js';
import { mirror } from '../src/images/mirror.js';
import type { RgbImage } from '../src/images/rgbImage.js';

/** The part of a picture inside `box`, to whole pixels and at least one, mirrored if `flip`. */
export function cropAndFlip(image: RgbImage, box: RelativeBox, flip: boolean): RgbImage {
  const span = (low: number, high: number, size: number): [number, number] => {
    const start = Math.min(size - 1, Math.round(low * size));
    return [start, Math.max(start + 1, Math.round(high * size))];
  };
  const [left, right] = span(box[0], box[2], image.width);
  const [top, bottom] = span(box[1], box[3], image.height);
  const part = crop(image, [left, top, right, bottom]);
  return flip ? mirror(part) : part;
}

/**
 * Scales a picture's brightness, then its contrast (distance from the mean grey), then its saturation
 * (distance of each pixel from its own grey) by three factors; 1 leaves it as it is.
 */
export function adjustColour(
  image: RgbImage,
  [brightness, contrast, saturation]: readonly [number, number, number],
): RgbImage {
  if (brightness === 1 && contrast === 1 && saturation === 1) return image;
  const { data } = image;
  const area = image.width * image.height;
  const greyAt = (i: number) =>
    brightness * (0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
  let mean = 0;
  for (let i = 0; i < data.length; i += 3) mean += greyAt(i) / area;
  const adjusted = new Uint8ClampedArray(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const grey = greyAt(i);
    const contrasted = mean + contrast * (grey - mean);
    for (let channel = 0; channel < 3; channel++) {
      const colour = brightness * data[i + channel] - grey;
      adjusted[i + channel] = contrasted + contrast * saturation * colour;
    }
  }
  return { ...image, data: new Uint8Array(adjusted.buffer) };
}
