import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { jit, ndarray } from '../../src/jit/index.js';
import { boxWeights } from '../../src/nn/boxWeights.js';
import { roiWeights } from '../../src/nn/roiWeights.js';

const [rows, columns] = [6, 9];
const compiled = jit((boxes: tf.Tensor2D) => boxWeights(boxes, rows, columns));

const coordinate = (size: number) =>
  fc.oneof(
    fc.integer({ min: -2, max: size + 2 }),
    fc.double({ min: -2, max: size + 2, noNaN: true }).map(Math.fround),
  );

test('agree with the weights computed box by box', async () => {
  const box = fc
    .tuple(coordinate(columns), coordinate(rows), coordinate(columns), coordinate(rows))
    .map(([xa, ya, xb, yb]) => [
      Math.min(xa, xb),
      Math.min(ya, yb),
      Math.max(xa, xb),
      Math.max(ya, yb),
    ]);
  await fc.assert(
    fc.asyncProperty(fc.array(box, { minLength: 8, maxLength: 8 }), async (boxes) => {
      const corners = Float32Array.from(boxes.flat());
      const found = await compiled(ndarray(corners, [8, 4]));
      const expected = roiWeights(corners, rows, columns);
      expect(found.rowWeights.shape).toEqual([8, rows]);
      expect(found.columnWeights.shape).toEqual([8, columns]);
      for (const name of ['rowWeights', 'columnWeights'] as const) {
        expected[name].forEach((weight, i) => {
          expect(Math.abs(found[name].data[i] - weight)).toBeLessThan(1e-5);
        });
      }
    }),
    { numRuns: 200, seed: 11 },
  );
  await compiled.dispose();
});
