import { adjustColour, cropAndFlip } from '../../training/augment.js';

const image = (width: number, height: number, value: (x: number, y: number) => number[]) => ({
  width,
  height,
  data: Uint8Array.from(
    Array.from({ length: width * height }, (_, i) =>
      value(i % width, Math.floor(i / width)),
    ).flat(),
  ),
});
const places = image(4, 3, (x, y) => [10 * x, 10 * y, 7]);

test('cropAndFlip cuts out a part, and mirrors it', () => {
  const part = cropAndFlip(places, [0.25, 1 / 3, 0.75, 1], false);
  expect(part).toEqual(image(2, 2, (x, y) => [10 * (x + 1), 10 * (y + 1), 7]));
  expect(cropAndFlip(places, [0.25, 1 / 3, 0.75, 1], true)).toEqual(
    image(2, 2, (x, y) => [10 * (2 - x), 10 * (y + 1), 7]),
  );
  expect(cropAndFlip(places, [0, 0, 1, 1], false)).toBe(places);
  expect(cropAndFlip(places, [0.99, 0.99, 1, 1], false)).toMatchObject({ width: 1, height: 1 });
});

test('adjustColour scales brightness, contrast and saturation', () => {
  const grey = image(2, 1, (x) => (x ? [200, 200, 200] : [100, 100, 100]));
  expect([...adjustColour(grey, [0.5, 1, 1]).data]).toEqual([50, 50, 50, 100, 100, 100]);
  expect([...adjustColour(grey, [1, 0.5, 1]).data]).toEqual([125, 125, 125, 175, 175, 175]);
  expect([...adjustColour(grey, [1, 1, 0.5]).data]).toEqual([...grey.data]);
  const red = image(1, 1, () => [200, 0, 0]);
  expect([...adjustColour(red, [1, 1, 0]).data]).toEqual([60, 60, 60]);
  expect([...adjustColour(red, [2, 1, 1]).data]).toEqual([255, 0, 0]);
  expect(adjustColour(red, [1, 1, 1])).toBe(red);
});
