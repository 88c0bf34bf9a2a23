import type { RgbImage } from './rgbImage.js';

/**
 * The part of a picture inside a box: x1, y1, x2, y2 in whole pixels, ends exclusive. The picture itself
 * where the box is all of it.
 * @throws RangeError for a box that is empty, reaches outside, or is not in whole pixels.
 */
export function crop(
  image: RgbImage,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): RgbImage {
  const inside = x1 >= 0 && y1 >= 0 && x2 <= image.width && y2 <= image.height;
  if (!inside || x1 >= x2 || y1 >= y2 || ![x1, y1, x2, y2].every(Number.isInteger)) {
    throw new RangeError(
      `A picture of ${image.width} x ${image.height} pixels has no part [${x1}, ${y1}, ${x2}, ${y2}].`,
    );
  }
  const width = x2 - x1;
  const height = y2 - y1;
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const start = 3 * ((y1 + y) * image.width + x1);
    data.set(image.data.subarray(start, start + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}
