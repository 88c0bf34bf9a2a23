import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { operators } from './operators/all.js';
import { emptyCalls } from './operators/empty.js';
import { expectSameAsEager } from './operators/harness.js';

const kernels = tf.getKernelsForBackend('onnx');
const kernelNames = kernels.map(({ kernelName }) => kernelName);
/** Kernels that were written into a graph since the set was last cleared. */
const traced = new Set<string>();
const originals = kernels.map(({ kernelFunc }) => kernelFunc);

beforeAll(async () => {
  await tf.setBackend('cpu');
  for (const kernel of kernels) {
    const { kernelFunc } = kernel;
    kernel.kernelFunc = (call) => {
      traced.add(kernel.kernelName);
      return kernelFunc(call);
    };
  }
});

afterAll(() => {
  kernels.forEach((kernel, index) => {
    kernel.kernelFunc = originals[index];
  });
});

test('every operator that can be compiled is tested here', () => {
  expect(kernelNames.filter((name) => !operators[name])).toEqual([]);
});

describe.each(Object.keys(operators))('%s', (name) => {
  for (const { title, calls, gradient, tolerance } of operators[name]) {
    const what = `${title}${gradient ? ', with gradient' : ''}`;
    test.each(['cpu', 'portable'] as const)(`${what}, for %s`, async (target) => {
      traced.clear();
      const several = fc.array(calls, { minLength: 6, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(several, (list) =>
          expectSameAsEager(list, target, { gradient, tolerance }),
        ),
        { numRuns: 1, seed: 20 },
      );
      if (kernelNames.includes(name)) expect([...traced]).toContain(name);
    });
  }
});

describe('arrays without values', () => {
  const uses = Object.entries(emptyCalls);
  test.each(uses)('%s', (_, call) => expectSameAsEager([call], 'cpu'));
});
