import { join } from 'node:path';
import { FgClip, type LoadOptions } from '../src/fgclip/model.js';
import { loadModelFolder } from '../src/fgclip/modelFolder.js';
import { packageRoot } from '../src/files/packageRoot.js';
import { readPreprocessing } from '../src/images/preprocessorConfig.js';
import { BatchedModel } from './batchedModel.js';
import { Detector } from './detector.js';
import { FgClipFeatures } from './fgclipFeatures.js';
import { networkConfig } from './proposals/networkConfig.js';
import { readNetwork } from './proposals/networkFile.js';
import { NetworkProposer } from './proposals/networkProposer.js';
import type { ProposalSource } from './proposals/source.js';
import { readDetectorSettings } from './settings.js';
import { runName } from './textFeatureCache.js';

/** The model that ships with the package. */
export const shippedModel = join(packageRoot, 'models/scenes');

export interface DetectorOptions extends Omit<LoadOptions, 'taps'> {
  /**
   * Where regions come from: `network`, `dense`, `file:<COCO results>[,<COCO annotations>]`,
   * `hub:<transformers.js object-detection model>`, or a source of one's own. Default: the model folder's
   * proposal network, or `dense` where it has none.
   */
  proposals?: string | ProposalSource;
  /**
   * Pictures that are encoded together, at the most, where several calls ask for it at the same time: for
   * servers. Scores may then differ in their last digits. Default: 1.
   */
  batch?: number;
}

/**
 * Loads a detector from a model folder or from the Hugging Face Hub. Any FG-CLIP folder will do;
 * detector.json in it, if there is one, says how it detects.
 *
 * ```ts
 * const detector = await loadDetector();
 * const found = await detector.detect('street.jpg', ['a red fire engine', 'a dog']);
 * ```
 *
 * @param folderOrHubId default: the model that ships with the package.
 * @throws UserError naming the file and what is wrong with it, or the device that is missing.
 */
export async function loadDetector(
  folderOrHubId: string = shippedModel,
  { proposals, batch = 1, ...options }: DetectorOptions = {},
): Promise<Detector> {
  const source = typeof proposals === 'string' ? await namedSource(proposals) : proposals;
  const model = await loadModelFolder(folderOrHubId, options);
  const { folder } = model;
  const { vision } = model.config;
  const settings = readDetectorSettings(folder);
  const wanted = (source ?? settings.proposals ?? 'network') === 'network';
  const config = wanted && settings.network ? networkConfig(settings.network, vision) : undefined;
  const network =
    config && new NetworkProposer(config, readNetwork(folder, config, vision.hiddenSize), options);
  const features = new FgClip(model, { ...options, taps: config?.taps });
  const whole = new FgClipFeatures(features, network, readPreprocessing(folder), runName(options));
  return new Detector(batch > 1 ? new BatchedModel(whole, batch) : whole, settings, source);
}

async function namedSource(name: string): Promise<'network' | 'dense' | ProposalSource> {
  const { openSource, parseSource } = await import('./proposals/namedSource.js');
  const description = parseSource(name);
  return description.kind === 'network' || description.kind === 'dense'
    ? description.kind
    : openSource(description);
}
