import { BatchedModel } from './batchedModel.js';
import { ContrastModel } from './contrastModel.js';
import type { LoadedModel, ModelOptions, WantedSource } from './loadOptions.js';
import type { ProposalSource } from './proposals/source.js';

const opened = {
  fgclip: async (folder: string, options: ModelOptions) =>
    (await import('./openFgClip.js')).openFgClip(folder, options),
  fgclip2: async (folder: string, options: ModelOptions) =>
    (await import('./openFgClip2.js')).openFgClip2(folder, options),
};

/** Loads a folder of FG-CLIP, 1 or 2, for `loadFeatureModel`. */
export async function loadContrast(
  folder: string,
  family: 'fgclip' | 'fgclip2',
  { batch = 1, temperature, ...options }: ModelOptions,
  source: WantedSource,
): Promise<LoadedModel> {
  const { settings: given, load } = await opened[family](folder, options);
  const settings = { ...given, temperature: temperature ?? given.temperature };
  const chosen =
    source === 'default'
      ? (settings.proposals ?? (settings.network ? 'network' : 'photos'))
      : source;
  const whole = load(chosen === 'network');
  const patches = batch > 1 ? new BatchedModel(whole, batch) : whole;
  const own = chosen === 'network' ? 'network' : 'dense';
  return {
    model: new ContrastModel(patches, settings, own),
    settings,
    ...{ folder, boxes: chosen === 'photos' ? 'photos' : own },
    ...(typeof chosen === 'object' && { source: chosen }),
    ...(chosen === 'photos' && { source: await photosBoxes(options) }),
  };
}

async function photosBoxes(options: ModelOptions): Promise<ProposalSource> {
  const { openPhotosBoxes } = await import('./photos/photosBoxes.js');
  return openPhotosBoxes(options);
}
