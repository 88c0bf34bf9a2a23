import { type NetworkConfig, networkConfig } from '../../detectors/proposals/networkConfig.js';
import { readNetwork } from '../../detectors/proposals/networkFile.js';
import { initialNetwork } from '../../detectors/proposals/networkWeights.js';
import { readDetectorSettings } from '../../detectors/settings.js';
import { resolveModelFolder } from '../../src/checkpoints/resolveFolder.js';
import { UserError } from '../../src/errors.js';
import type { NdArray } from '../../src/jit/ndarray.js';
import { createRandom } from '../../src/random.js';
import type { ProposalTrainingConfig } from './config.js';
import type { BaseModel } from './tower.js';

/** What a run trains from its first step on. */
export interface StartingNetwork {
  config: NetworkConfig;
  weights(): Promise<Record<string, NdArray>>;
}

/**
 * The proposal network that a run starts with: a new one, or a trained one to be fine-tuned.
 * @param vision the tower that the network reads.
 * @throws UserError when the folder to start from has no network, or one for a tower of another width.
 */
export async function startingNetwork(
  { initial, network, seed }: Pick<ProposalTrainingConfig, 'initial' | 'network' | 'seed'>,
  vision: BaseModel['vision'],
): Promise<StartingNetwork> {
  const { hiddenSize } = vision;
  if (network) {
    const config = networkConfig(network, vision);
    return { config, weights: async () => initialNetwork(config, hiddenSize, createRandom(seed)) };
  }
  const folder = await resolveModelFolder(initial!);
  const stored = readDetectorSettings(folder).network;
  if (!stored) {
    throw new UserError(
      `initial: ${folder} has no proposal network; its detector.json, if there is one, has no "network".`,
    );
  }
  const config = networkConfig(stored, vision);
  return { config, weights: () => inMemory(readNetwork(folder, config, hiddenSize)) };
}

/** Arrays that a training may write over. */
export async function inMemory(
  weights: Readonly<Record<string, NdArray>>,
): Promise<Record<string, NdArray>> {
  const read: Record<string, NdArray> = {};
  for (const [name, array] of Object.entries(weights)) read[name] = await array.read();
  return read;
}
