import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '../../src/checkpoints/checkpointError.js';
import { loadFgClip } from '../../src/fgclip/model.js';
import { loadModelFolder } from '../../src/fgclip/modelFolder.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { loadTokenizer } from '../../src/text/tokenizer.js';

/** Folders that transformers, peft and open_clip wrote; save.py there made them, written-by.txt says the version. */
const saved = (name: string) => join(packageRoot, 'test/fixtures/savedModels', name);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-saved-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of one of the folders whose config.json has another value: of "vision_config.patch_size". */
function withConfig(name: string, field: string, value: number | undefined): string {
  const copy = mkdtempSync(join(folder, name));
  cpSync(saved(name), copy, { recursive: true });
  const config = JSON.parse(readFileSync(join(copy, 'config.json'), 'utf8'));
  const parts = field.split('.');
  const section = parts.length > 1 ? config[parts[0]] : config;
  section[parts.at(-1)!] = value;
  writeFileSync(join(copy, 'config.json'), JSON.stringify(config));
  return copy;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return (error as Error).message;
}

interface Expected {
  texts: string[];
  ids: number[][];
  features: number[][];
}

describe.each(['fine-tuned', 'plain-clip'])('%s', (name) => {
  const expected: Expected = JSON.parse(readFileSync(join(saved(name), 'expected.json'), 'utf8'));

  test('texts become the ids that the library gives', async () => {
    const tokenizer = await loadTokenizer(saved(name));
    const ids = tokenizer.encode(expected.texts, { maxLength: 77 });
    expect(ids.map((each) => [...each])).toEqual(expected.ids);
  });

  test('texts have the features that the library gives', async () => {
    const model = await loadFgClip(saved(name), { plainClip: true });
    const { data } = await model.textFeatures(expected.texts).then((array) => array.read());
    const all = expected.features.flat();
    const scale = Math.max(...all.map(Math.abs));
    all.forEach((value, i) => {
      expect(Math.abs(data[i] - value)).toBeLessThan(2e-6 * scale);
    });
    expect(data).toHaveLength(all.length);
  });
});

test('tensors that the model has no place for are told, in shards too, and scales may have one element', async () => {
  const notices: string[] = [];
  const { parameters } = await loadModelFolder(saved('fine-tuned'), {
    onNotice: (message) => notices.push(message),
  });
  expect(notices).toEqual([
    expect.stringMatching(
      /not part of this model, and left out: classifier\.bias; classifier\.weight/,
    ),
  ]);
  expect(parameters.get('logit_scale_hardneg')!.shape).toEqual([]);
});

test.each<[field: string, value: number | undefined, said: number, held: number]>([
  ['vision_config.patch_size', 2, 2, 4],
  ['vision_config.image_size', 16, 16, 8],
  ['text_config.num_hidden_layers', 3, 3, 1],
  ['text_config.hidden_size', 16, 16, 8],
  ['projection_dim', undefined, 512, 4],
])('a config that says otherwise than the weights: %s', async (field, value, said, held) => {
  const message = await refusal(loadModelFolder(withConfig('fine-tuned', field, value)));
  expect(message).toContain(`${field} says ${said}, the weights ${held}`);
  expect(message).not.toContain('float32');
});

test.each([
  ['plain-clip', /is plain CLIP, not FG-CLIP\. `fgdet convert .*plain-clip --output/],
  ['siglip', /siglip is SigLIP \(siglip\)/],
  ['open-clip', /has OpenCLIP's layout/],
  ['tokenizer', /holds a tokenizer alone/],
  ['lora', /is a LoRA adapter of qihoo360\/fg-clip-base, .*merge_and_unload/],
  ['pickled', /pytorch_model\.bin, a Python pickle/],
])('%s is told for what it is', async (name, message) => {
  expect(await refusal(loadModelFolder(saved(name)))).toMatch(message);
});
