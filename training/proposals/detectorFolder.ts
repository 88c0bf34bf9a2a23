import { existsSync, readdirSync } from 'node:fs';
import { copyFile, link, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type NetworkConfig, storedConfig } from '../../detectors/proposals/networkConfig.js';
import { detectorWeights, writeNetwork } from '../../detectors/proposals/networkFile.js';
import { companionsOf, weightFilesOf } from '../../src/checkpoints/modelFiles.js';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { readJson } from '../../src/files/jsonFile.js';
import type { PatchLimit } from '../../src/images/naflex.js';
import type { NdArray } from '../../src/jit/ndarray.js';

const detectorConfig = 'detector.json';

/**
 * Writes a model folder that detects with a proposal network: the files of the model that the network was
 * trained on, its detector.json with the network's sizes, and detector.safetensors with its weights. The
 * model's own weights are linked where the file system allows it, so that they take no room again.
 */
export async function writeDetectorFolder(
  folder: string,
  { folder: base, patches }: { folder: string; patches?: PatchLimit },
  network: NetworkConfig,
  weights: Readonly<Record<string, NdArray>>,
): Promise<void> {
  const names = readdirSync(base);
  const carried = [...companionsOf(names), ...weightFilesOf(names)];
  for (const name of carried.filter((name) => name !== detectorConfig)) {
    const source = join(base, name);
    const target = join(folder, name);
    // What is written anew below must not be a link: the original would change with it.
    if (name.endsWith('.safetensors') && name !== detectorWeights) await linkOrCopy(source, target);
    else await copyFile(source, target);
  }
  const file = join(base, detectorConfig);
  // What is trained is to be used, wherever boxes came from before.
  const { proposals: _, ...before } = Object(existsSync(file) ? readJson(file) : {});
  const settings = {
    ...before,
    ...(patches !== undefined && { patches }),
    network: storedConfig(network),
  };
  await writeTextAtomically(join(folder, detectorConfig), `${JSON.stringify(settings, null, 2)}\n`);
  await writeNetwork(folder, weights);
}

async function linkOrCopy(source: string, target: string): Promise<void> {
  try {
    // The hub's cache holds symbolic links, which must not be linked themselves.
    await link(await realpath(source), target);
  } catch {
    await copyFile(source, target);
  }
}
