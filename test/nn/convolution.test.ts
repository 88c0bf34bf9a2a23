import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { jit, type NdArray, ndarray } from '../../src/jit/index.js';
import { convolution } from '../../src/nn/convolution.js';

const numbers = (count: number, from = 1) =>
  Float32Array.from({ length: count }, (_, place) => Math.sin(place * 1.7 + from));

/** A convolution place by place, by PyTorch's definition. */
function convolved(
  x: NdArray,
  weight: NdArray,
  bias: NdArray | undefined,
  { stride, padding }: { stride: number; padding: number },
): NdArray {
  const [images, rows, columns, inner] = x.shape;
  const [outer, , height, width] = weight.shape;
  const down = Math.floor((rows + 2 * padding - height) / stride) + 1;
  const across = Math.floor((columns + 2 * padding - width) / stride) + 1;
  const result = new Float32Array(images * down * across * outer);
  let place = 0;
  for (let image = 0; image < images; image++)
    for (let i = 0; i < down; i++)
      for (let j = 0; j < across; j++)
        for (let out = 0; out < outer; out++) {
          let sum = bias ? bias.data[out] : 0;
          for (let channel = 0; channel < inner; channel++)
            for (let u = 0; u < height; u++)
              for (let v = 0; v < width; v++) {
                const [row, column] = [i * stride - padding + u, j * stride - padding + v];
                if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
                sum +=
                  x.data[((image * rows + row) * columns + column) * inner + channel] *
                  weight.data[((out * inner + channel) * height + u) * width + v];
              }
          result[place++] = sum;
        }
  return ndarray(result, [images, down, across, outer]);
}

const x = ndarray(numbers(2 * 7 * 6 * 3), [2, 7, 6, 3]);

test.each([
  { kernel: [3, 3], options: {}, expected: { stride: 1, padding: 1 }, bias: true },
  { kernel: [3, 3], options: { stride: 2 }, expected: { stride: 2, padding: 1 }, bias: true },
  { kernel: [1, 1], options: {}, expected: { stride: 1, padding: 0 }, bias: false },
  { kernel: [1, 1], options: { stride: 2 }, expected: { stride: 2, padding: 0 }, bias: true },
  {
    kernel: [2, 2],
    options: { stride: 2, padding: 0 },
    expected: { stride: 2, padding: 0 },
    bias: true,
  },
  { kernel: [3, 2], options: { padding: 2 }, expected: { stride: 1, padding: 2 }, bias: false },
])(
  'a kernel of $kernel with $options is PyTorch’s convolution with $expected',
  async ({ kernel: [height, width], options, expected, bias: hasBias }) => {
    const weight = ndarray(numbers(4 * 3 * height * width, 2), [4, 3, height, width]);
    const bias = hasBias ? ndarray(numbers(4, 3), [4]) : undefined;
    const parameters = { 'head.weight': weight, ...(bias && { 'head.bias': bias }) };
    const wanted = convolved(x, weight, bias, expected);
    const compiled = jit((p: Record<string, tf.Tensor>, y: tf.Tensor4D) =>
      convolution(p, 'head', y, options),
    );
    const found = await compiled(parameters, x);
    await compiled.dispose();
    expect(found.shape).toEqual(wanted.shape);
    found.data.forEach((value, place) => {
      expect(value).toBeCloseTo(wanted.data[place], 4);
    });
  },
);

test('the weight’s gradient has the weight’s shape', async () => {
  const weight = ndarray(numbers(4 * 3 * 9, 2), [4, 3, 3, 3]);
  const compiled = jit((w: tf.Tensor4D, y: tf.Tensor4D) =>
    tf.grad((v) => tf.sum(convolution({ 'a.weight': v }, 'a', y)))(w),
  );
  const gradient = await compiled(weight, x);
  await compiled.dispose();
  expect(gradient.shape).toEqual([4, 3, 3, 3]);
  // The weight's middle touches every place once.
  const channel = Array.from(x.data).reduce(
    (sum, value, i) => (i % 3 === 1 ? sum + value : sum),
    0,
  );
  expect(gradient.data[9 + 4]).toBeCloseTo(channel, 4);
});

test('a weight that is missing is named', () => {
  expect(() => convolution({}, 'head', tf.zeros([1, 4, 4, 3]))).toThrow(
    'the model has no parameter "head.weight".',
  );
});
