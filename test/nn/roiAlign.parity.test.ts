import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import '../../src/jit/gradients/all.js';
import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { roiAlign } from '../../src/nn/roiAlign.js';
import { type RoiAlignOptions, roiWeights } from '../../src/nn/roiWeights.js';

const golden = process.env.FGDET_GOLDEN ?? join(packageRoot, 'test/fixtures/golden');
const tensors = openSafetensors(join(golden, 'roi-align', 'roi_align.safetensors'));

function read(name: string): tf.Tensor {
  const { data, shape } = tensors.get(name)!;
  return tf.tensor(data as Float32Array, [...shape]);
}

interface Case {
  name: string;
  features: string;
  boxes: string;
  options: RoiAlignOptions;
}

const cases: Case[] = [...tensors.keys()]
  .filter((name) => name.endsWith('.output'))
  .map((output) => {
    const name = output.slice(0, -'.output'.length);
    const scaled = name.startsWith('scaled');
    const prefix = name.startsWith('f32.') ? 'f32.' : '';
    const [, , rowBins, columnBins] = tensors.get(output)!.shape;
    return {
      name,
      features: `${prefix}features`,
      boxes: scaled ? 'scaled.boxes' : `${prefix}boxes`,
      options: {
        bins: [rowBins, columnBins],
        samplingRatio: name.endsWith('sampling2') ? 2 : -1,
        spatialScale: scaled ? 1 / 16 : 1,
      },
    };
  });

test('the golden file has cases', () => expect(cases.length).toBeGreaterThan(0));

describe('torchvision parity', () => {
  test.each(cases)('$name', ({ name, features, boxes: boxesName, options }) => {
    const maps = tf.transpose(read(features) as tf.Tensor4D, [0, 2, 3, 1]);
    const [, rows, columns] = maps.shape;
    const boxes = read(boxesName) as tf.Tensor2D;
    const image = tf.cast(tf.reshape(tf.slice(boxes, [0, 0], [-1, 1]), [-1]), 'int32');
    const corners = tf.slice(boxes, [0, 1], [-1, 4]).dataSync() as Float32Array;
    const weights = roiWeights(corners, rows, columns, options);
    const regions = boxes.shape[0];
    const [rowBins, columnBins] = options.bins!;
    const apply = (x: tf.Tensor) =>
      roiAlign(
        x as tf.Tensor4D,
        image as tf.Tensor1D,
        tf.tensor(weights.rowWeights, [regions, rowBins, rows]),
        tf.tensor(weights.columnWeights, [regions, columnBins, columns]),
      );
    const upstream = tf.transpose(read(`${name}.grad_output`), [0, 2, 3, 1]);

    expectClose(tf.transpose(apply(maps), [0, 3, 1, 2]), read(`${name}.output`));
    const gradient = tf.grad(apply)(maps, upstream);
    expectClose(tf.transpose(gradient, [0, 3, 1, 2]), read(`${name}.grad_features`));
  });
});

function expectClose(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const error = tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0];
  const magnitude = tf.max(tf.abs(expected)).dataSync()[0];
  expect(error / magnitude).toBeLessThan(2e-5);
}
