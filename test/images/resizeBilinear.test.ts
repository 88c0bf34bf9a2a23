import { join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { decodeImage } from '../../src/images/decode.js';
import { resizeBilinear } from '../../src/images/resize.js';
import type { RgbImage } from '../../src/images/rgbImage.js';

const { floor, sin, cos } = Math;

const folder = join(packageRoot, 'test', 'fixtures', 'photos');

/** As resize.json describes it. */
const picture = drawn(640, 480, (x, y) => [
  floor((255 * x) / 639),
  floor((255 * y) / 479),
  floor(127.5 + 127.5 * sin(0.9 * x) * cos(0.7 * y)),
]);

function drawn(width: number, height: number, pixel: (x: number, y: number) => number[]): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(pixel(x, y), 3 * (y * width + x));
  }
  return { width, height, data };
}

test.each<[name: string, size: number, box: Xyxy | undefined]>([
  ['resized_416', 416, undefined],
  ['crop_224', 224, [77.5, 0, 422.5, 322.5]],
  ['crop_small_224', 224, [300.2, 200.7, 360.9, 250.1]],
])('%s is what Pillow makes, byte for byte', async (name, size, box) => {
  const expected = await decodeImage(join(folder, `${name}.png`));
  const resized = resizeBilinear(picture, size, size, box);
  expect([resized.width, resized.height]).toEqual([size, size]);
  expect(Buffer.compare(resized.data, expected.data)).toBe(0);
});

test('a whole box is the picture, and only what is under a box is read', () => {
  expect(resizeBilinear(picture, 640, 480)).toEqual(picture);
  const elsewhere = drawn(640, 480, (x, y) =>
    x < 98 || x >= 202 || y < 48 || y >= 102
      ? [1, 2, 3]
      : [...picture.data.subarray(3 * (y * 640 + x), 3 * (y * 640 + x) + 3)],
  );
  const box = [100, 50, 200, 100] as const;
  expect(resizeBilinear(elsewhere, 40, 40, box)).toEqual(resizeBilinear(picture, 40, 40, box));
});

test.each<Xyxy>([
  [-0.5, 0, 10, 10],
  [0, 0, 640.5, 10],
  [10, 10, 10, 20],
  [0, Number.NaN, 10, 10],
])('a box that is empty or reaches outside is refused: %s, %s, %s, %s', (...box) => {
  expect(() => resizeBilinear(picture, 8, 8, box)).toThrow(/640 x 480 pixels has no part \[/);
});
