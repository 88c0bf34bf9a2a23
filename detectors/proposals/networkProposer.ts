import type * as tf from '@tensorflow/tfjs-core';
import { checkNumbers } from '../../src/checkpoints/checkNumbers.js';
import { pictureShapes } from '../../src/fgclip/model.js';
import type { Grid } from '../../src/geometry/grid.js';
import type { Device } from '../../src/jit/deviceNames.js';
import { type Compiled, keptJit } from '../../src/jit/jit.js';
import type { NdArray } from '../../src/jit/ndarray.js';
import type { Parameters } from '../../src/nn/transformer.js';
import { type DecodeOptions, decodeProposals, type GridProposal } from './decode.js';
import type { NetworkConfig } from './networkConfig.js';

/** Proposals of the network that overlap more are one; duplicates of a label are judged later. */
export const networkNms = 0.7;

/** A trained proposal network, compiled. */
export class NetworkProposer {
  readonly config: NetworkConfig;
  readonly #run: Compiled<[tf.Tensor4D[]], tf.Tensor3D>;

  /** @param weights of `initialNetwork`'s names and shapes. */
  constructor(
    config: NetworkConfig,
    weights: Readonly<Record<string, NdArray>>,
    options: { device?: Device; threads?: number } = {},
  ) {
    this.config = config;
    this.#run = keptJit<[tf.Tensor4D[]], tf.Tensor3D>(
      {
        load: async () => {
          const { proposalNetwork } = await import('./network.js');
          return ((parameters: Parameters, taps: tf.Tensor4D[]) =>
            proposalNetwork(parameters, config, taps)) as never;
        },
        identity: ['proposal network', config],
      },
      { ...options, constants: [weights], name: 'the proposal network', cacheSize: pictureShapes },
    );
  }

  /**
   * The regions of pictures, in patches, by falling quality.
   * @param taps of the tower, each [pictures, rows, columns, width]; their memory on a device is freed.
   * @param extents the part of the grid that each picture covers.
   */
  async propose(
    taps: readonly NdArray[],
    extents: readonly Grid[],
    options: Omit<DecodeOptions, 'strides'>,
  ): Promise<GridProposal[][]> {
    const [, rows, columns] = taps[0].shape;
    const predicted = await this.#run([...taps] as never);
    for (const tap of taps) tap.dispose();
    const { data } = await predicted.read();
    checkNumbers(data, 'The proposal network', 'pictures');
    const size = data.length / extents.length;
    return extents.map((extent, i) => {
      const own = (data as Float32Array).subarray(i * size, (i + 1) * size);
      const { strides } = this.config;
      return decodeProposals(own, { rows, columns }, extent, { ...options, strides });
    });
  }

  dispose(): Promise<void> {
    return this.#run.dispose();
  }
}
