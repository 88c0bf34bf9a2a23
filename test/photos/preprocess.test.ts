import { ndarray } from '../../src/jit/ndarray.js';
import { boxNormalisation, cropBox, pixelsOf, squashed } from '../../src/photos/preprocess.js';

const picture = { width: 640, height: 480 };

test('a crop is a square around the box, without what is outside of the picture', () => {
  // The crop of the goldens.
  expect(cropBox([100, 50, 400, 250], picture)).toEqual([77.5, 0, 422.5, 322.5]);
  expect(cropBox([300, 200, 340, 220], picture)).toEqual([297, 187, 343, 233]);
  expect(cropBox([0, 0, 640, 480], picture)).toEqual([0, 0, 640, 480]);
});

test('pixels are normalised by colour', () => {
  const image = { width: 2, height: 2, data: Uint8Array.from([...Array(12).keys()]) };
  const small = squashed(image, 1, [0, 0, 1, 1]);
  const { data, shape } = pixelsOf([small], 1, boxNormalisation);
  const expected = ndarray(
    Float32Array.of((0 - 123.675) / 58.395, (1 - 116.28) / 57.12, (2 - 103.53) / 57.375),
    [1, 3, 1, 1],
  );
  expect(shape).toEqual(expected.shape);
  data.forEach((value, i) => {
    expect(value).toBeCloseTo(expected.data[i], 5);
  });
});
