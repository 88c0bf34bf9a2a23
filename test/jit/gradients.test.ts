import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import '../../src/jit/gradients/all.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { operators } from './operators/all.js';
import type { Call } from './operators/harness.js';

beforeAll(() => tf.setBackend('cpu'));

const step = 1 / 128;

/** Away from the round numbers at which absolute values, maxima and the like have a kink. */
function offRound(call: Call): Call['args'] {
  return call.args.map((array) =>
    array.dtype === 'float32'
      ? ndarray(
          Float32Array.from(array.data, (value, i) => value + 0.04 * Math.sin(3 * i + 1)),
          array.shape,
        )
      : array,
  );
}

interface Slopes {
  /** Along one direction, by differences to either side and by the gradient. */
  forward: number;
  backward: number;
  gradient: number;
}

function slopes(call: Call): Slopes {
  return tf.tidy(() => {
    const tensors = offRound(call).map(({ data, shape, dtype }) =>
      tf.tensor(data, [...shape], dtype),
    );
    const total = () => {
      const results = [call.run(...moved)].flat().filter(({ dtype }) => dtype === 'float32');
      const sums = results.map((result, index) => {
        const weight = Float32Array.from({ length: result.size }, (_, i) => Math.cos(i + index));
        return tf.sum(tf.mul(result, tf.tensor(weight, result.shape)));
      });
      return tf.addN(sums) as tf.Scalar;
    };
    const direction = tensors.map((x) =>
      tf.tensor(
        Float32Array.from({ length: x.size }, (_, i) => Math.cos(2 * i + 1)),
        x.shape,
      ),
    );
    let moved = tensors;
    const at = (distance: number) => {
      moved = tensors.map((x, i) =>
        x.dtype === 'float32' ? tf.add(x, tf.mul(direction[i], distance)) : x,
      );
      const value = total().dataSync()[0];
      moved = tensors;
      return value;
    };
    const floats = tensors.filter(({ dtype }) => dtype === 'float32');
    const along = direction.filter((_, i) => tensors[i].dtype === 'float32');
    const { grads } = tf.engine().gradients(total, floats, undefined, true);
    const gradient = grads.reduce(
      (sum, grad, i) => sum + (grad ? tf.sum(tf.mul(grad, along[i])).dataSync()[0] : 0),
      0,
    );
    const here = at(0);
    return { forward: (at(step) - here) / step, backward: (here - at(-step)) / step, gradient };
  });
}

const differentiable = Object.entries(operators).flatMap(([name, cases]) =>
  cases.filter(({ gradient }) => gradient).map((one) => ({ name, ...one })),
);

describe('a gradient is the slope that differences show', () => {
  test.each(differentiable)('$name, $title', ({ calls }) => {
    let compared = 0;
    for (const call of fc.sample(calls, { seed: 11, numRuns: 12 })) {
      const { forward, backward, gradient } = slopes(call);
      const [low, high] = [Math.min(forward, backward), Math.max(forward, backward)];
      const size = Math.max(1, Math.abs(low), Math.abs(high));
      // The function bends too much there, or has too large a kink.
      if (!(high - low < 0.1 * size)) continue;
      compared++;
      expect(gradient).toBeGreaterThan(low - 0.01 * size);
      expect(gradient).toBeLessThan(high + 0.01 * size);
    }
    expect(compared).toBeGreaterThan(2);
  });
});
