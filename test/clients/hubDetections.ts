// What detectors find through transformers.js, as JSON, in a process of its own: transformers.js brings an onnxruntime.
//   node hubDetections.js <transformers.js> <folder that save.py wrote>
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openHubDetector } from '../../detectors/proposals/hub/hubDetector.js';
import type { TransformersModule } from '../../detectors/proposals/hub/transformers.js';
import type { RegionProposal } from '../../detectors/proposals/source.js';
import { decodeImage } from '../../src/images/decode.js';

const [file, folder] = process.argv.slice(2);
const load = (): Promise<TransformersModule> => import(pathToFileURL(file).href);
const image = await decodeImage(join(folder, 'picture.png'));
const found: Record<string, readonly RegionProposal[] | string> = {};
const { models } = JSON.parse(readFileSync(join(folder, 'recorded.json'), 'utf8')) as {
  models: Record<string, { texts?: string[] }>;
};
for (const [name, { texts }] of Object.entries(models)) {
  try {
    const source = await openHubDetector({ model: join(folder, name) }, { load });
    found[name] = await source.propose({ image, prompts: texts });
    await source.dispose?.();
  } catch (error) {
    found[name] = String(error);
  }
}
console.log(JSON.stringify({ size: [image.width, image.height], found }));
