import { join } from 'node:path';
import { type LoadOptions, loadFgClip } from '../src/fgclip/model.js';
import { readPreprocessing } from '../src/images/preprocessorConfig.js';
import { packageRoot } from '../src/packageRoot.js';
import { Detector } from './detector.js';
import { FgClipFeatures } from './fgclipFeatures.js';
import { readDetectorSettings } from './settings.js';
import { runName } from './textFeatureCache.js';

/** The model that ships with the package. */
export const shippedModel = join(packageRoot, 'models/scenes');

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
  options: LoadOptions = {},
): Promise<Detector> {
  const model = await loadFgClip(folderOrHubId, options);
  const preprocessing = readPreprocessing(model.folder);
  return new Detector(
    new FgClipFeatures(model, preprocessing, runName(options)),
    readDetectorSettings(model.folder),
  );
}
