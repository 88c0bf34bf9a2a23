import { UserError } from '../../src/errors.js';
import { PhotosModel } from '../../src/photos/model.js';
import { openPhotosFolder } from '../../src/photos/modelFolder.js';
import type { LoadedModel, ModelOptions, WantedSource } from '../loadOptions.js';
import { runName, TextFeatureCache } from '../textFeatureCache.js';
import { readBackgroundLook } from './backgroundLook.js';
import { PhotosDetection } from './photosDetection.js';
import { readPhotosSettings } from './settings.js';
import { keptTexts, TextVectors } from './textVectors.js';

/** Loads the model for photographs for `loadFeatureModel`. */
export async function loadPhotos(
  folder: string,
  options: ModelOptions,
  source: WantedSource,
): Promise<LoadedModel> {
  if (source === 'dense') {
    throw new UserError(
      `${folder} is the model for photographs, which has no map of patches: its boxes come from "network", ` +
        'a file, the hub or a module. "dense" needs an FG-CLIP model.',
    );
  }
  if (options.precision === 'int8') {
    throw new UserError(
      `${folder} is the model for photographs, whose networks are convolutions: int8 would make it slower. Take ` +
        'float32, or float16 for less memory.',
    );
  }
  const opened = openPhotosFolder(folder, options);
  const settings = readPhotosSettings(folder);
  const model = new PhotosModel(opened, options);
  const room = { kind: 'phrases', files: keptTexts };
  const texts = new TextVectors(model, new TextFeatureCache(folder, runName(options), room));
  return {
    model: new PhotosDetection(model, settings, {
      texts,
      backgroundLook: readBackgroundLook(folder, model.config.text.hiddenSize),
    }),
    settings,
    ...{ folder, boxes: 'network' },
    ...(typeof source === 'object' && { source }),
  };
}
