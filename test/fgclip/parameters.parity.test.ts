import { join } from 'node:path';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { readFgClipConfig } from '../../src/fgclip/config.js';
import { checkParameters, parameterShapes } from '../../src/fgclip/parameters.js';
import { packageRoot } from '../../src/files/packageRoot.js';

const golden = process.env.FGDET_GOLDEN ?? join(packageRoot, 'test/fixtures/golden');

test.each([
  ['fgclip-tiny', 'model.safetensors'],
  ['clip-openai-init', 'fgclip_after.safetensors'],
])("names and shapes are the reference's: %s", (folder, name) => {
  const file = join(golden, folder, name);
  const config = readFgClipConfig(join(golden, folder, 'config.json'));
  const stored = openSafetensors(file);
  const shapes = parameterShapes(config);
  expect([...shapes.keys()].sort()).toEqual([...stored.keys()].sort());
  for (const [parameter, shape] of shapes) expect(stored.get(parameter)!.shape).toEqual(shape);
  expect(checkParameters(config, stored, file).size).toBe(stored.size);
});
