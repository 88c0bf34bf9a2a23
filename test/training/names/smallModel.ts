import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../../src/checkpoints/safetensors.js';
import { toPhotosJson } from '../../../src/photos/config.js';
import { storedForms } from '../../../src/photos/storedForms.js';
import { publishedModel, shippedFolder } from '../../photos/shippedModel.js';

/** Layers of the text network that stay. */
const layers = 1;

/**
 * Writes a folder of the model for photographs without added names that is quick: it looks at small squares, and its
 * text network has one layer, so that a text is near itself but not where it should be among the others.
 */
export async function writeSmallModel(folder: string): Promise<void> {
  const { config, names, parameters } = publishedModel();
  const small = {
    ...config,
    boxes: { ...config.boxes, side: 96 },
    crops: { ...config.crops, side: 64 },
    text: { ...config.text, layers },
  };
  const stays = (name: string) => Number(name.match(/encoder\.layer\.(\d+)/)?.[1] ?? 0) < layers;
  mkdirSync(folder, { recursive: true });
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    [...parameters].filter(([name]) => stays(name)),
    { dtypes: storedForms(parameters) },
  );
  writeFileSync(join(folder, 'config.json'), JSON.stringify(toPhotosJson(small)));
  writeFileSync(join(folder, 'names.json'), JSON.stringify(names));
  cpSync(join(shippedFolder, 'tokenizer.json'), join(folder, 'tokenizer.json'));
}
