import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveModelFolder } from '../src/checkpoints/resolveFolder.js';
import { writeSafetensors } from '../src/checkpoints/safetensors.js';
import { openPhotosFolder } from '../src/photos/modelFolder.js';
import { storedForms } from '../src/photos/storedForms.js';

// Puts what a training run of the stage "names" has come to into a model folder, the weights of its names in float16:
// node dist/scripts/shipNames.js RUN FOLDER
const [run, output] = process.argv.slice(2);
if (!output) {
  console.error('Usage: node dist/scripts/shipNames.js RUN FOLDER');
  process.exit(2);
}
const { folder, parameters } = openPhotosFolder(await resolveModelFolder(run));
const dtypes = storedForms(parameters).set('names.weight', 'F16');
await writeSafetensors(join(output, 'model.safetensors'), parameters, { dtypes });
for (const name of ['config.json', 'names.json']) {
  await copyFile(join(folder, name), join(output, name));
}
