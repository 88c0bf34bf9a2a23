import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { goldenJson } from '../golden.js';
import { config, weights } from './goldenModel.js';

const { logit_scale_finegraind, logit_scale_hardneg } = goldenJson<Record<string, number>>(
  'fgclip2-tiny',
  'train_losses.json',
);
const scalar = (value: number) => ndarray(Float32Array.of(value), []);

export const trainedConfig = config;

/** The tiny model in memory, with the two scalars that only training has. */
export const trainedWeights: Record<string, NdArray> = {
  ...Object.fromEntries(
    [...weights].map(([name, array]) => [
      name,
      /^logit_(scale|bias)$/.test(name) ? array.reshaped([]) : array,
    ]),
  ),
  logit_scale_finegraind: scalar(logit_scale_finegraind),
  logit_scale_hardneg: scalar(logit_scale_hardneg),
};
