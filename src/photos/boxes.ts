import * as tf from '@tensorflow/tfjs-core';
import { convolution } from '../nn/convolution.js';
import { padded } from '../nn/padding.js';
import type { Parameters } from '../nn/transformer.js';
import { stageBlocks } from './boxArchitecture.js';

/**
 * NanoDet-g's maps (RangiLyu/nanodet, `nanodet_g.yml`): a CSP network, a path aggregation network over its last
 * three stages, and a head for each.
 * @param pixels [images, 3, side, side], normalised
 * @returns for each stride [images, side / stride, side / stride, classes + 4 · bins]: class logits, then those
 *   of the distances to left, top, right and bottom
 */
export function boxMaps(parameters: Parameters, pixels: tf.Tensor4D): tf.Tensor4D[] {
  const picture = tf.transpose<tf.Tensor4D>(pixels, [0, 2, 3, 1]);
  const stem = active(parameters, 'boxes.stem', picture, 2);
  let x = pooled(stem);
  const levels: tf.Tensor4D[] = [];
  for (const index of stageBlocks.keys()) {
    x = stage(parameters, index, x);
    if (index > 0) levels.push(x);
  }
  return aggregated(parameters, levels).map((level, index) => {
    const head = `boxes.heads.${index}`;
    return convolution(parameters, `${head}.out`, active(parameters, `${head}.conv`, level));
  });
}

/** The largest value around every second place. */
function pooled(maps: tf.Tensor4D): tf.Tensor4D {
  const { x, pad } = padded(maps, [1, 1], -Infinity);
  return tf.maxPool(x, 3, 2, pad);
}

function active(parameters: Parameters, name: string, x: tf.Tensor4D, stride = 1): tf.Tensor4D {
  return tf.leakyRelu(convolution(parameters, name, x, { stride }), 0.1);
}

/** [images, rows, columns, width] → [images, rows / 2, columns / 2, 2 · width]; the first keeps rows and columns. */
function stage(parameters: Parameters, index: number, x: tf.Tensor4D): tf.Tensor4D {
  const name = `boxes.stages.${index}`;
  return tf.tidy(() => {
    const entered = active(parameters, `${name}.in`, x, index === 0 ? 1 : 2);
    let deep = entered;
    for (let block = 0; block < stageBlocks[index]; block++) {
      const narrow = active(parameters, `${name}.blocks.${block}.0`, deep);
      deep = tf.concat([active(parameters, `${name}.blocks.${block}.1`, narrow), narrow], 3);
    }
    return tf.concat([active(parameters, `${name}.out`, deep), entered], 3);
  });
}

/** Each level with what the coarser ones, then the finer ones know; all of one width. */
function aggregated(parameters: Parameters, levels: tf.Tensor4D[]): tf.Tensor4D[] {
  const maps = levels.map((level, index) =>
    convolution(parameters, `boxes.lateral.${index}`, level),
  );
  for (let i = maps.length - 2; i >= 0; i--) maps[i] = plusResized(maps[i], maps[i + 1]);
  const joined = [maps[0]];
  for (let i = 1; i < maps.length; i++) joined.push(plusResized(maps[i], joined[i - 1]));
  return joined;
}

function plusResized(map: tf.Tensor4D, other: tf.Tensor4D): tf.Tensor4D {
  const size = map.shape.slice(1, 3) as [number, number];
  return tf.add(map, tf.image.resizeBilinear(other, size, false, true));
}
