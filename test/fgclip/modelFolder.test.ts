import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { loadModelFolder, saveModelFolder } from '../../src/fgclip/modelFolder.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { FakeHub } from '../checkpoints/fakeHub.js';

const golden = process.env.FGDET_GOLDEN ?? join(packageRoot, 'test/fixtures/golden');
const tiny = join(golden, 'fgclip-tiny');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('loading', () => {
  test('a released folder opens as it is, its weights still on the disk', async () => {
    const model = await loadModelFolder(tiny);
    expect(model.folder).toBe(tiny);
    expect(model.fromPlainClip).toBe(false);
    expect(model.parameters.size).toBe(99);
    for (const tensor of model.parameters.values()) expect(tensor.file).toBeDefined();
  });

  test('the tensors decide the number of long positions', async () => {
    const tensors = openSafetensors(join(tiny, 'model.safetensors'));
    const config = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
    config.text_config.longtext_len = 99;
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    await writeSafetensors(join(folder, 'model.safetensors'), tensors);
    expect((await loadModelFolder(folder)).config.text.longPositions).toBe(248);
  });

  test('a folder of plain CLIP opens as the FG-CLIP that training starts from', async () => {
    const source = join(golden, 'clip-openai-init');
    cpSync(join(source, 'config.json'), join(folder, 'config.json'));
    cpSync(join(source, 'clip.safetensors'), join(folder, 'model.safetensors'));
    const model = await loadModelFolder(folder, { plainClip: true });
    expect(model.fromPlainClip).toBe(true);
    expect([...model.parameters.keys()].sort()).toEqual(
      [...openSafetensors(join(source, 'fgclip_after.safetensors')).keys()].sort(),
    );
  });

  test('a sharded folder opens', async () => {
    const tensors = [...openSafetensors(join(tiny, 'model.safetensors'))];
    const weightMap: Record<string, string> = {};
    for (const part of [0, 1]) {
      const file = `model-0000${part + 1}-of-00002.safetensors`;
      const shard = tensors.filter((_, i) => i % 2 === part);
      await writeSafetensors(join(folder, file), shard);
      for (const [name] of shard) weightMap[name] = file;
    }
    writeFileSync(
      join(folder, 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: weightMap }),
    );
    cpSync(join(tiny, 'config.json'), join(folder, 'config.json'));
    expect((await loadModelFolder(folder)).parameters.size).toBe(99);
  });

  test('a model of the Hub opens by its name', async () => {
    const hub = new FakeHub();
    for (const name of ['config.json', 'model.safetensors']) {
      hub.files.set(name, readFileSync(join(tiny, name)));
    }
    await hub.start();
    try {
      const model = await loadModelFolder(hub.name, { hubUrl: hub.url, cacheDir: folder });
      expect(model.folder).toBe(join(folder, 'models--someone--tiny-clip/snapshots', hub.commit));
      expect(model.parameters.size).toBe(99);
    } finally {
      await hub.stop();
    }
  });

  test('what cannot be opened is explained', async () => {
    await expect(loadModelFolder('no/such/folder')).rejects.toThrow(
      /no model folder no\/such\/folder, and it is not a name at the Hugging Face Hub/,
    );
    await expect(loadModelFolder(join(tiny, 'config.json'))).rejects.toThrow(
      /is a file; a model is/,
    );
    await expect(loadModelFolder(folder)).rejects.toThrow(/it has no config\.json/);
    cpSync(join(tiny, 'config.json'), join(folder, 'config.json'));
    await expect(loadModelFolder(folder)).rejects.toThrow(/holds no weights/);
    writeFileSync(join(folder, 'pytorch_model.bin'), 'pickle');
    await expect(loadModelFolder(folder)).rejects.toThrow(
      /only in pytorch_model\.bin, a Python pickle.*can run any program.*Convert it once/,
    );
  });

  test('a tensor of another shape than the config says is named with its file', async () => {
    const config = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
    config.projection_dim = 32;
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    cpSync(join(tiny, 'model.safetensors'), join(folder, 'model.safetensors'));
    await expect(loadModelFolder(folder)).rejects.toThrow(
      /model\.safetensors does not fit its config\.json:.*projection_dim says 32, the weights 48/s,
    );
  });
});

describe('saving', () => {
  test('what is saved loads again, with the files that came along', async () => {
    const { config, parameters } = await loadModelFolder(tiny);
    const saved = join(folder, 'new/model');
    await saveModelFolder(saved, {
      config,
      parameters,
      files: { 'tokenizer.json': Buffer.from('{}'), 'NOTES.md': join(tiny, 'README.md') },
    });
    expect(readdirSync(saved).sort()).toEqual([
      'NOTES.md',
      'config.json',
      'model.safetensors',
      'preprocessor_config.json',
      'tokenizer.json',
    ]);
    const model = await loadModelFolder(saved);
    expect(model.config).toEqual(config);
    for (const [name, tensor] of parameters) {
      expect(model.parameters.get(name)!.data).toEqual(tensor.data);
    }
    const preprocessor = JSON.parse(readFileSync(join(saved, 'preprocessor_config.json'), 'utf8'));
    expect(preprocessor.size).toEqual({
      height: config.vision.imageSize,
      width: config.vision.imageSize,
    });
  });

  test.each(['F16', 'BF16'] as const)(
    '%s halves the file and says so in config.json',
    async (dtype) => {
      const { config, parameters } = await loadModelFolder(tiny);
      await saveModelFolder(folder, { config, parameters, dtype });
      const stored = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
      expect(stored.torch_dtype).toBe(dtype === 'F16' ? 'float16' : 'bfloat16');
      const size = readFileSync(join(folder, 'model.safetensors')).length;
      expect(size).toBeLessThan(0.55 * readFileSync(join(tiny, 'model.safetensors')).length);
      expect((await loadModelFolder(folder)).parameters.size).toBe(99);
    },
  );

  test('a folder whose saving failed has no config.json', async () => {
    const { config, parameters } = await loadModelFolder(tiny);
    const target = join(folder, 'model');
    mkdirSync(target);
    const files = { 'tokenizer.json': join(folder, 'none.json') };
    await expect(saveModelFolder(target, { config, parameters, files })).rejects.toThrow(
      'none.json',
    );
    expect(existsSync(join(target, 'config.json'))).toBe(false);
  });
});
