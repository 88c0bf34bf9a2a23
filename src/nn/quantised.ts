import * as tf from '@tensorflow/tfjs-core';
import { scaleSuffix } from './scaleSuffix.js';
import type { Parameters } from './transformer.js';

/**
 * The weights with those that are stored in whole numbers multiplied by their scales: `<name>` [rows, …] times
 * `<name>_scale` [rows, 1]. In a compiled function onnxruntime works them out while loading.
 */
export function dequantised(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => !name.endsWith(scaleSuffix))
      .map(([name, weight]) => {
        const scale = parameters[name + scaleSuffix];
        return [name, scale ? tf.mul(weight, scale) : weight];
      }),
  );
}
