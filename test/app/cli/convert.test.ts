import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '../../../src/checkpoints/safetensors.js';
import { loadModelFolder } from '../../../src/fgclip/modelFolder.js';
import { loadFgClip2Folder } from '../../../src/fgclip2/modelFolder.js';
import { siglip2Part, writeTinyFgClip2 } from '../../fgclip2/tinyFolder.js';
import { callFgdet } from './callFgdet.js';
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

test.each(['FG-CLIP 2', 'SigLIP 2'])('%s becomes a folder of FG-CLIP 2', async (kind) => {
  const model = await writeTinyFgClip2(
    kind === 'FG-CLIP 2'
      ? {}
      : {
          config: (json) => Object.assign(json, { model_type: 'siglip2' }),
          tensors: (all) => {
            const kept = siglip2Part(all);
            for (const name of all.keys()) if (!kept.has(name)) all.delete(name);
          },
        },
  );
  const output = join(folder, kind);
  const { status, stderr } = await callFgdet(['convert', model, '--output', output]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { config, parameters } = await loadFgClip2Folder(output);
  expect(config.text).toMatchObject({ positions: 64, longPositions: 196, vocabSize: 560 });
  expect(parameters.get('longtext_head.weight')?.narrow?.type).toBe('float16');
  const stored = openSafetensors(join(output, 'model.safetensors'));
  expect(stored.get('logit_scale')?.shape).toEqual([1]);
  expect(readdirSync(output).sort()).toEqual(readdirSync(model).sort());
  rmSync(model, { recursive: true });
});
