import { crop } from '../../src/images/crop.js';

const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) };

test('crop cuts out whole pixels', () => {
  expect(crop(image, [1, 0, 3, 2])).toEqual({
    width: 2,
    height: 2,
    data: Uint8Array.of(3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17),
  });
  expect(crop(image, [0, 0, 3, 2])).toBe(image);
});

test.each([[[0, 0, 4, 2]], [[-1, 0, 2, 2]], [[1, 1, 1, 2]], [[0.5, 0, 2, 2]]] as const)(
  'crop has no part %j',
  (box) => {
    expect(() => crop(image, box)).toThrow(
      `A picture of 3 x 2 pixels has no part [${box.join(', ')}].`,
    );
  },
);
