import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { readSafetensorsHeader } from '../../src/checkpoints/safetensorsHeader.js';
import { UserError } from '../../src/errors.js';
import type { NdArray } from '../../src/jit/ndarray.js';
import type { NetworkConfig } from './networkConfig.js';
import { networkWeights } from './networkWeights.js';

/** The file in a model folder that holds what detection adds: the proposal network, and text features. */
export const detectorWeights = 'detector.safetensors';

const prefix = 'proposals.';

/**
 * The proposal network of a model folder; its values stay in their file until used.
 * @param width of the folder's vision tower.
 * @throws UserError naming the file and the tensor that is missing or has another shape than the config says.
 */
export function readNetwork(
  folder: string,
  config: NetworkConfig,
  width: number,
): Record<string, NdArray> {
  const file = join(folder, detectorWeights);
  if (!existsSync(file)) {
    throw new UserError(`${folder} has no ${detectorWeights}, which its proposal network is in.`);
  }
  const tensors = openSafetensors(file);
  const weights: Record<string, NdArray> = {};
  for (const [name, { shape }] of Object.entries(networkWeights(config, width))) {
    const tensor = tensors.get(prefix + name);
    if (!tensor) throw new UserError(`${file} has no tensor "${prefix}${name}".`);
    if (String(tensor.shape) !== String(shape)) {
      throw new UserError(
        `${file}: tensor "${prefix}${name}" has the shape [${tensor.shape}], but detector.json and ` +
          `config.json make it [${shape}].`,
      );
    }
    weights[name] = tensor;
  }
  return weights;
}

/** Writes a proposal network into a model folder, beside what else its file holds. */
export async function writeNetwork(
  folder: string,
  weights: Readonly<Record<string, NdArray>>,
): Promise<void> {
  const named = Object.entries(weights).map(([name, array]): [string, NdArray] => [
    prefix + name,
    array,
  ]);
  await replaceTensors(folder, (name) => name.startsWith(prefix), named);
}

/**
 * Puts tensors into a folder's detector file in place of those that `old` says; the others stay.
 * @param metadata more of the file's texts.
 */
export async function replaceTensors(
  folder: string,
  old: (name: string) => boolean,
  tensors: Iterable<[string, NdArray]>,
  metadata: Record<string, string> = {},
): Promise<void> {
  const file = join(folder, detectorWeights);
  const kept = existsSync(file) ? [...openSafetensors(file)].filter(([name]) => !old(name)) : [];
  const texts = existsSync(file) ? readSafetensorsHeader(file).metadata : {};
  await writeSafetensors(file, [...kept, ...tensors], { metadata: { ...texts, ...metadata } });
}
