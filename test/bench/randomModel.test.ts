import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOfSize, writeRandomModel } from '../../bench/randomModel.js';
import { loadModelFolder } from '../../src/fgclip/modelFolder.js';
import { initialParameters } from '../../src/fgclip/parameters.js';
import { createRandom } from '../../src/random.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-random-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const tiny = configOfSize('tiny');
const config = { ...tiny, text: { ...tiny.text, vocabSize: 100, bosId: 98, eosId: 99, padId: 99 } };

test('a random model loads, its weights decided by the seed', async () => {
  const tokenizer = join(folder, 'some.json');
  writeFileSync(tokenizer, '{"version":"1.0"}');
  await writeRandomModel(config, join(folder, 'a'), { seed: 3, tokenizer });
  await writeRandomModel(config, join(folder, 'b'), { seed: 3 });
  const model = await loadModelFolder(join(folder, 'a'));
  expect(model.config).toEqual(config);
  expect(readFileSync(join(folder, 'a/tokenizer.json'), 'utf8')).toBe('{"version":"1.0"}');
  const weights = (name: string) => readFileSync(join(folder, name, 'model.safetensors'));
  expect(weights('a').equals(weights('b'))).toBe(true);
  for (const [name, tensor] of initialParameters(config, createRandom(3))) {
    const { data } = model.parameters.get(name)!;
    expect(Buffer.from(data.buffer).equals(Buffer.from(tensor.data.buffer))).toBe(true);
  }
});

test('sizes go by published name or by the path of a config', () => {
  expect(configOfSize('large').vision.layers).toBe(24);
  expect(configOfSize(join(folder, 'a/config.json'))).toEqual(config);
  expect(() => configOfSize('huge')).toThrow(/Cannot read huge/);
});
