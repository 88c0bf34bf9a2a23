import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModelFolder } from '../../../src/fgclip/modelFolder.js';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-convert-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a converted model keeps its detector, and nothing of its training', async () => {
  const model = await writeTinyModel({ contrastVocabulary: 'contrast.json' });
  writeFileSync(join(model, 'contrast.json'), '["cat", "dog"]');
  writeFileSync(join(model, 'detector.safetensors'), 'weights of a network');
  writeFileSync(join(model, 'state.json'), '{}');
  writeFileSync(join(model, 'optimizer.safetensors'), 'moments');
  const output = join(folder, 'half');
  const { status, stdout } = runFgdet(['convert', model, '--output', output, '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ dtype: 'F16', output });
  const left = ['state.json', 'optimizer.safetensors'];
  expect(readdirSync(output).sort()).toEqual(
    readdirSync(model)
      .filter((name) => !left.includes(name))
      .sort(),
  );
  for (const name of ['contrast.json', 'detector.json', 'detector.safetensors', 'tokenizer.json']) {
    expect(readFileSync(join(output, name))).toEqual(readFileSync(join(model, name)));
  }
  const size = (at: string) => statSync(join(at, 'model.safetensors')).size;
  expect(size(output) / size(model)).toBeLessThan(0.6);
  const [before, after] = [await loadModelFolder(model), await loadModelFolder(output)];
  expect([...after.parameters.keys()]).toEqual([...before.parameters.keys()]);
});
