import { rmSync } from 'node:fs';
import { loadModelFolder } from '../../src/fgclip/modelFolder.js';
import { loadFgClip2Folder } from '../../src/fgclip2/modelFolder.js';
import { parameterShapes } from '../../src/fgclip2/parameters.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { type TinyChanges, writeTinyFgClip2 } from './tinyFolder.js';

/** Opens the tiny model with changes. */
async function open(changes: TinyChanges) {
  const folder = await writeTinyFgClip2(changes);
  const notices: string[] = [];
  try {
    const model = await loadFgClip2Folder(folder, { onNotice: (text) => notices.push(text) });
    return { ...model, notices };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const number = () => ndarray(Float32Array.of(1.5), []);

test.each<[string, TinyChanges]>([
  ['with numbers of shape []', { tensors: (all) => void all.set('logit_scale', number()) }],
  [
    'whose config does not tell the vocabulary',
    { config: ({ text_config }) => void delete text_config.vocab_size },
  ],
  ['of torch_dtype', { config: (json) => Object.assign(json, { torch_dtype: json.dtype }) }],
  [
    'as training saves it',
    {
      config: (json) => Object.assign(json, { architectures: ['FG_CLIP2_Model'], auto_map: null }),
      tensors: (all) => void all.delete('logit_scale_finegraind'),
    },
  ],
  ['in F16', { write: { dtype: 'F16' } }],
  ['in BF16', { write: { dtype: 'BF16' } }],
])('a model %s opens', async (_, changes) => {
  const { config, parameters, notices } = await open(changes);
  expect(notices).toEqual([]);
  expect(config.text.vocabSize).toBe(560);
  for (const [name, shape] of parameterShapes(config)) {
    expect(parameters.get(name)?.shape).toEqual(shape);
  }
});

test('scales of training are kept where there are some', async () => {
  const { parameters } = await open({
    tensors: (all) => void all.set('logit_scale_hardneg', number()),
  });
  expect(parameters.get('logit_scale_hardneg')?.shape).toEqual([]);
});

test('a model without a head for whole pictures opens', async () => {
  const { config, parameters } = await open({
    config: ({ vision_config }) => Object.assign(vision_config, { vision_use_head: false }),
    tensors: (all) => {
      for (const name of [...all.keys()]) {
        if (name.startsWith('vision_model.head.')) all.delete(name);
      }
    },
  });
  expect(config.vision.hasHead).toBe(false);
  expect(parameters.has('dense_feature_head.probe')).toBe(true);
});

test('tensors that have no place are told of', async () => {
  const { notices } = await open({ tensors: (all) => void all.set('extra.weight', number()) });
  expect(notices).toEqual([expect.stringMatching(/left out: extra\.weight/)]);
});

test.each<[string, TinyChanges, RegExp]>([
  [
    'missing tensors',
    { tensors: (all) => void all.delete('boxtext_head.bias') },
    /missing: boxtext_head\.bias/,
  ],
  [
    'mis-shaped tensors',
    { tensors: (all) => void all.set('longtext_head.bias', number()) },
    /longtext_head\.bias is float32 \[\] instead of float32 \[48\]/,
  ],
  [
    'sizes that the weights do not have',
    {
      config: ({ text_config, vision_config }) => {
        text_config.vocab_size = 256_000;
        vision_config.num_hidden_layers = 12;
        vision_config.patch_size = 16;
      },
    },
    /patch_size says 16, the weights 4\n.*layers says 12, the weights 3\n.*vocab_size says 256000, the weights 560/,
  ],
])('%s are refused by name', async (_, changes, message) => {
  await expect(open(changes)).rejects.toThrow(message);
});

test('the families tell each other apart', async () => {
  const folder = await writeTinyFgClip2();
  await expect(loadModelFolder(folder)).rejects.toThrow(
    /holds an FG-CLIP 2 model; this takes an FG-CLIP model/,
  );
  rmSync(folder, { recursive: true });
});
