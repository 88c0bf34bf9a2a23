import * as tf from '@tensorflow/tfjs-core';
import { counted } from './counted.js';

/**
 * RoIAlign as two matrix products. Differentiable with respect to `maps`; the weights count as constants.
 * Regions of all images share the first product (weights of other images' rows are zero), so no map is
 * copied per region, and the gradient needs no scatter.
 *
 * @param maps [images, rows, columns, channels].
 * @param image int32 [regions]: which map each region reads.
 * @param rowWeights [regions, row bins, rows], or [regions, rows] for one bin; from `roiWeights`.
 * @param columnWeights [regions, column bins, columns], or [regions, columns] for one bin.
 * @returns [regions, row bins, column bins, channels].
 */
export function roiAlign(
  maps: tf.Tensor4D,
  image: tf.Tensor1D,
  rowWeights: tf.Tensor,
  columnWeights: tf.Tensor,
): tf.Tensor4D {
  const [images, rows, columns, channels] = maps.shape;
  const regions = image.shape[0];
  const rowBins = rowWeights.rank === 2 ? 1 : rowWeights.shape[1]!;
  const columnBins = columnWeights.rank === 2 ? 1 : columnWeights.shape[1]!;

  let perMapRow = tf.reshape(rowWeights, [regions * rowBins, rows]);
  if (images > 1) {
    const everyImage = tf.cast(counted(images), 'int32');
    const own = tf.equal(tf.reshape(image, [regions, 1]), everyImage);
    perMapRow = tf.reshape(
      tf.mul(
        tf.reshape(tf.cast(own, 'float32'), [regions, 1, images, 1]),
        tf.reshape(rowWeights, [regions, rowBins, 1, rows]),
      ),
      [regions * rowBins, images * rows],
    );
  }
  const strips = tf.matMul(
    perMapRow as tf.Tensor2D,
    tf.reshape(maps, [images * rows, columns * channels]),
  );

  const byColumn = swapMiddle(tf.reshape(strips, [regions, rowBins, columns, channels]));
  const pooled = tf.matMul(
    tf.reshape(columnWeights, [regions, columnBins, columns]),
    tf.reshape(byColumn, [regions, columns, rowBins * channels]),
  );
  return swapMiddle(tf.reshape(pooled, [regions, columnBins, rowBins, channels]));
}

/** [a, b, c, d] to [a, c, b, d]; where one of the two is 1 the values already lie in that order. */
function swapMiddle(x: tf.Tensor4D): tf.Tensor4D {
  const [a, b, c, d] = x.shape;
  return b === 1 || c === 1 ? tf.reshape(x, [a, c, b, d]) : tf.transpose(x, [0, 2, 1, 3]);
}
