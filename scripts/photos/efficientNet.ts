import { UserError } from '../../src/errors.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { cropBlocks } from '../../src/photos/cropArchitecture.js';
import type { Weights } from './weights.js';

const batchNormEpsilon = 1e-3;

/** Adds EfficientNet-Lite2's weights, batch norms folded into the convolutions before them. */
export function addEfficientNet(weights: Weights, state: ReadonlyMap<string, NdArray>): void {
  const tensor = (name: string) => {
    const found = state.get(name);
    if (!found) throw new UserError(`The EfficientNet has no tensor "${name}".`);
    return found;
  };
  const add = (name: string, convolution: string, batchNorm: string) => {
    const { weight, bias } = folded(tensor(`${convolution}.weight`), {
      gain: tensor(`${batchNorm}.weight`),
      offset: tensor(`${batchNorm}.bias`),
      mean: tensor(`${batchNorm}.running_mean`),
      variance: tensor(`${batchNorm}.running_var`),
    });
    weights.add(`crops.${name}.weight`, weight, 'F16');
    weights.add(`crops.${name}.bias`, bias);
  };
  add('stem', '_conv_stem', '_bn0');
  for (const [index, { inner, expanded }] of cropBlocks.entries()) {
    const [from, to] = [`_blocks.${index}`, `blocks.${index}`];
    if (expanded !== inner) add(`${to}.expand`, `${from}._expand_conv`, `${from}._bn0`);
    add(`${to}.depthwise`, `${from}._depthwise_conv`, `${from}._bn1`);
    add(`${to}.project`, `${from}._project_conv`, `${from}._bn2`);
  }
  add('head', '_conv_head', '_bn1');
  weights.add('crops.classifier.weight', tensor('_fc.weight'), 'F16');
  weights.add('crops.classifier.bias', tensor('_fc.bias'));
}

type BatchNorm = Record<'gain' | 'offset' | 'mean' | 'variance', NdArray>;

/** A convolution [out, …] without bias and the batch norm behind it, as one with a bias. */
function folded(weight: NdArray, { gain, offset, mean, variance }: BatchNorm) {
  const factors = Float64Array.from(
    gain.data,
    (value, i) => value / Math.sqrt(variance.data[i] + batchNormEpsilon),
  );
  const perChannel = weight.size / factors.length;
  const { data } = weight;
  return {
    weight: ndarray(
      Float32Array.from(data, (value, i) => value * factors[Math.floor(i / perChannel)]),
      weight.shape,
    ),
    bias: ndarray(
      Float32Array.from(factors, (factor, i) => offset.data[i] - mean.data[i] * factor),
      [factors.length],
    ),
  };
}
