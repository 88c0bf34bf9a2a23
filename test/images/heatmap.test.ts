import { colourOf } from '../../src/images/colourMap.js';
import { decodeImage } from '../../src/images/decode.js';
import { drawHeatmap } from '../../src/images/heatmap.js';
import { luminance, type Rgb } from '../../src/images/labelColours.js';
import type { RgbImage } from '../../src/images/rgbImage.js';

const picture: RgbImage = { width: 600, height: 400, data: new Uint8Array(720000).fill(120) };

function brightness({ width, data }: RgbImage, x: number, y: number): number {
  const [red, green, blue] = data.subarray(3 * (y * width + x));
  return red + green + blue;
}

test('the map lies over the picture, with a strip below', async () => {
  const map = new Float32Array(12);
  map[6] = 1;
  const heat = await decodeImage(await drawHeatmap(picture, map, 3, 4, { caption: 'a dog' }));
  expect(heat.width).toBe(600);
  expect(heat.height).toBeGreaterThan(410);
  // The cell of row 1, column 2 has its centre there.
  const peak = brightness(heat, 375, 200);
  for (const [x, y] of [
    [75, 66],
    [520, 333],
    [225, 200],
    [375, 333],
  ]) {
    expect(brightness(heat, x, y)).toBeLessThan(peak - 60);
  }
});

test('a flat map, one cell, and values that are no numbers', async () => {
  for (const map of [[0.5], [Number.NaN]]) {
    const bytes = await drawHeatmap(picture, Float32Array.from(map), 1, 1, { format: 'jpeg' });
    expect((await decodeImage(bytes)).width).toBe(600);
  }
  await expect(drawHeatmap(picture, new Float32Array(5), 2, 3)).rejects.toThrow(RangeError);
});

test('the colours grow evenly lighter', () => {
  const lightness = Array.from({ length: 101 }, (_, i) => {
    const y = luminance(colourOf(i / 100) as Rgb);
    return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
  });
  lightness.slice(1).forEach((value, i) => {
    expect(value - lightness[i]).toBeGreaterThan(0.2);
    expect(value - lightness[i]).toBeLessThan(2);
  });
});
