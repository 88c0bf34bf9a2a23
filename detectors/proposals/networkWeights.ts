import { type NdArray, ndarray, sizeOf } from '../../src/jit/ndarray.js';
import type { Random } from '../../src/random.js';
import { type NetworkConfig, outputs } from './networkConfig.js';

/** A parameter of a proposal network: its shape, and the values it has before training. */
export interface NetworkWeight {
  shape: number[];
  initial(random: Random): Float32Array;
}

/** The expected distance to a side at the start of training, in strides. */
const firstDistance = 3;

/**
 * The parameters of a proposal network by name: random weights of He's variance, but for the outputs,
 * which start near 0.
 * @param width of the vision tower.
 */
export function networkWeights(
  { strides, channels, convolutions }: NetworkConfig,
  width: number,
): Record<string, NetworkWeight> {
  const weights: Record<string, NetworkWeight> = {};
  const layer = (name: string, shape: number[]) => {
    weights[`${name}.weight`] = normal(shape, Math.sqrt(2 / sizeOf(shape.slice(1))));
    weights[`${name}.bias`] = constant(shape[0], 0);
  };
  const layerNorm = (name: string, size: number) => {
    weights[`${name}.layer_norm.weight`] = constant(size, 1);
    weights[`${name}.layer_norm.bias`] = constant(size, 0);
  };
  strides.forEach((stride, level) => {
    layerNorm(`pyramid.tap.${level}`, width);
    const steps = Math.log2(stride);
    for (let step = 0; step < Math.max(1, Math.abs(steps)); step++) {
      const from = step === 0 ? width : channels;
      const shape =
        steps === 0 ? [channels, from] : steps < 0 ? [4 * channels, from] : [channels, from, 3, 3];
      layer(`pyramid.tap.${level}.${step}`, shape);
    }
  });
  for (const level of strides.keys()) {
    layer(`pyramid.out.${level}`, [channels, channels, 3, 3]);
    layerNorm(`pyramid.out.${level}`, channels);
  }
  for (let i = 0; i < convolutions; i++) {
    layer(`head.${i}`, [channels, channels, 3, 3]);
    layerNorm(`head.${i}`, channels);
  }
  weights['head.output.weight'] = normal([outputs, channels, 3, 3], 0.01);
  const start = Math.log(firstDistance);
  weights['head.output.bias'] = {
    shape: [outputs],
    initial: () => Float32Array.of(start, start, start, start, 0, 0),
  };
  return weights;
}

/** The weights that training starts with. */
export function initialNetwork(
  config: NetworkConfig,
  width: number,
  random: Random,
): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(networkWeights(config, width)).map(([name, { shape, initial }]) => [
      name,
      ndarray(initial(random), shape),
    ]),
  );
}

function normal(shape: number[], deviation: number): NetworkWeight {
  const initial = (random: Random) => {
    const values = new Float32Array(sizeOf(shape));
    for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
    return values;
  };
  return { shape, initial };
}

function constant(size: number, value: number): NetworkWeight {
  return { shape: [size], initial: () => new Float32Array(size).fill(value) };
}
