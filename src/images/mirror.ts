import type { RgbImage } from './rgbImage.js';

/** The picture with left and right exchanged. */
export function mirror({ width, height, data }: RgbImage): RgbImage {
  const mirrored = new Uint8Array(data.length);
  let source = 0;
  for (let y = 0; y < height; y++) {
    let target = 3 * ((y + 1) * width - 1);
    for (let x = 0; x < width; x++, source += 3, target -= 3) {
      mirrored[target] = data[source];
      mirrored[target + 1] = data[source + 1];
      mirrored[target + 2] = data[source + 2];
    }
  }
  return { width, height, data: mirrored };
}
