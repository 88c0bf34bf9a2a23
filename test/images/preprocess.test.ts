import { clipNormalisation, normalise } from '../../src/images/preprocess.js';
import { resizeBicubic } from '../../src/images/resize.js';
import { createRandom } from '../../src/random.js';

test('pixels are written channel by channel', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
  const target = new Float32Array(6);
  normalise(image, { rescaleFactor: 1, mean: [0, 0, 0], std: [10, 10, 10] }, target);
  expect([...target]).toEqual([1, 4, 2, 5, 3, 6]);
  expect(() => normalise(image, clipNormalisation, new Float32Array(3))).toThrow(RangeError);
});

test('resizing checks its sizes and leaves equal sizes alone', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
  expect(resizeBicubic(image, 2, 1).data).toEqual(image.data);
  expect(resizeBicubic(image, 1, 3)).toMatchObject({ width: 1, height: 3 });
  for (const side of [0, 1.5, -1, Number.NaN]) {
    expect(() => resizeBicubic(image, side, 4)).toThrow(RangeError);
  }
});

test('a picture smaller than its canvas takes the top left corner', () => {
  const image = { width: 1, height: 2, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
  const target = new Float32Array(18).fill(-1);
  const canvas = { width: 3, height: 2 };
  normalise(image, { rescaleFactor: 1, mean: [0, 0, 0], std: [10, 10, 10] }, target, canvas);
  expect([...target]).toEqual([1, -1, -1, 4, -1, -1, 2, -1, -1, 5, -1, -1, 3, -1, -1, 6, -1, -1]);
  expect(() =>
    normalise(image, clipNormalisation, new Float32Array(6), { width: 2, height: 1 }),
  ).toThrow(/1 x 2 does not fit 2 x 1/);
});

test('a part of a resized picture is what is cut from all of it', () => {
  const random = createRandom(1);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random.integer(256));
  for (let i = 0; i < 50; i++) {
    const [width, height] = [1 + random.integer(20), 1 + random.integer(20)];
    const image = { width, height, data: bytes(3 * width * height) };
    const size = () => (random.uniform() < 0.3 ? 0 : 1 + random.integer(40));
    const [toWidth, toHeight] = [size() || width, size() || height];
    const left = random.integer(toWidth);
    const top = random.integer(toHeight);
    const part = {
      left,
      top,
      width: 1 + random.integer(toWidth - left),
      height: 1 + random.integer(toHeight - top),
    };
    const whole = resizeBicubic(image, toWidth, toHeight);
    const rows = Array.from({ length: part.height }, (_, y) => {
      const start = 3 * ((top + y) * toWidth + left);
      return [...whole.data.subarray(start, start + 3 * part.width)];
    });
    const resized = resizeBicubic(image, toWidth, toHeight, part);
    expect(resized).toMatchObject({ width: part.width, height: part.height });
    expect([...resized.data]).toEqual(rows.flat());
  }
  const image = { width: 2, height: 1, data: bytes(6) };
  const outside = { left: 3, top: 0, width: 2, height: 1 };
  expect(() => resizeBicubic(image, 4, 1, outside)).toThrow(/3 to 5 .* 4/);
});
