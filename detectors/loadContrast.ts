import { FgClip } from '../src/fgclip/model.js';
import { loadModelFolder } from '../src/fgclip/modelFolder.js';
import { readPreprocessing } from '../src/images/preprocessorConfig.js';
import { BatchedModel } from './batchedModel.js';
import { ContrastModel } from './contrastModel.js';
import { FgClipPatches } from './fgclipPatches.js';
import type { LoadedModel, ModelOptions, WantedSource } from './loadOptions.js';
import { networkConfig } from './proposals/networkConfig.js';
import { readNetwork } from './proposals/networkFile.js';
import { NetworkProposer } from './proposals/networkProposer.js';
import type { ProposalSource } from './proposals/source.js';
import { readDetectorSettings } from './settings.js';
import { runName } from './textFeatureCache.js';

/** Loads an FG-CLIP folder for `loadFeatureModel`. */
export async function loadContrast(
  folder: string,
  { batch = 1, temperature, ...options }: ModelOptions,
  source: WantedSource,
): Promise<LoadedModel> {
  const model = await loadModelFolder(folder, options);
  const { vision } = model.config;
  const given = readDetectorSettings(model.folder, vision);
  const settings = { ...given, temperature: temperature ?? given.temperature };
  const chosen =
    source === 'default'
      ? (settings.proposals ?? (settings.network ? 'network' : 'photos'))
      : source;
  const wanted = chosen === 'network' ? settings.network : undefined;
  const config = wanted && networkConfig(wanted, vision);
  const network =
    config &&
    new NetworkProposer(config, readNetwork(model.folder, config, vision.hiddenSize), options);
  const features = new FgClip(model, { ...options, taps: config?.taps });
  const whole = new FgClipPatches(
    features,
    network,
    readPreprocessing(model.folder),
    runName(options),
  );
  const patches = batch > 1 ? new BatchedModel(whole, batch) : whole;
  const own = chosen === 'network' ? 'network' : 'dense';
  return {
    model: new ContrastModel(patches, settings, own),
    settings,
    ...{ folder: model.folder, boxes: chosen === 'photos' ? 'photos' : own },
    ...(typeof chosen === 'object' && { source: chosen }),
    ...(chosen === 'photos' && { source: await photosBoxes(options) }),
  };
}

async function photosBoxes(options: ModelOptions): Promise<ProposalSource> {
  const { openPhotosBoxes } = await import('./photos/photosBoxes.js');
  return openPhotosBoxes(options);
}
