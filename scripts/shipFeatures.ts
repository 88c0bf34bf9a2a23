import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContrastVocabulary } from '../detectors/contrast.js';
import { features } from '../detectors/features.js';
import { sentencesOf } from '../detectors/phraseFeatures.js';
import { detectorWeights } from '../detectors/proposals/networkFile.js';
import { readDetectorSettings } from '../detectors/settings.js';
import { runName, TextFeatureCache } from '../detectors/textFeatureCache.js';
import { UserError } from '../src/errors.js';
import { loadFgClip } from '../src/fgclip/model.js';

/**
 * Writes into a model folder's detector.safetensors the contrast vocabulary's text features on the CPU, so
 * that the first detection does not have to compute them. To be done anew when weights, tokenizer or
 * detector.json change; a file that does not fit them is ignored.
 * @returns the file's path.
 */
export async function shipFeatures(folder: string): Promise<string> {
  const { contrastVocabulary, templates } = readDetectorSettings(folder);
  const { nouns } = new ContrastVocabulary(contrastVocabulary);
  const texts = nouns.flatMap((noun) => sentencesOf(noun, templates));
  const model = await loadFgClip(folder);
  try {
    const { data, shape } = await model.textFeatures(texts);
    const computed = features(data as Float32Array, shape[1]);
    await new TextFeatureCache(folder, runName({})).ship(texts, computed);
  } finally {
    await model.dispose();
  }
  return join(folder, detectorWeights);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folders = process.argv.slice(2);
  if (folders.length === 0) console.error('Usage: node dist/scripts/shipFeatures.js FOLDER...');
  for (const folder of folders) {
    try {
      console.error(`Written: ${await shipFeatures(folder)}`);
    } catch (error) {
      console.error(error instanceof UserError ? error.message : error);
      process.exitCode = 1;
    }
  }
}
