import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import {
  type FgClipConfig,
  parseFgClipConfig,
  readFgClipConfig,
  toHuggingFaceConfig,
} from '../../src/fgclip/config.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { stretchedLength } from '../../src/nn/longPositions.js';

const golden = process.env.FGDET_GOLDEN ?? join(packageRoot, 'test/fixtures/golden');
const modelConfig = (name: string) => join(packageRoot, `configs/models/${name}.json`);

/** width/layers/heads/mlp, as the published tables give them. */
const sizes = ({ vision, text, projectionDim }: FgClipConfig) => ({
  vision: [vision.hiddenSize, vision.layers, vision.heads, vision.mlpSize],
  image: [vision.imageSize, vision.patchSize],
  text: [text.hiddenSize, text.layers, text.heads, text.mlpSize],
  projectionDim,
});

test('base and large have the published sizes', () => {
  expect(sizes(readFgClipConfig(modelConfig('base')))).toEqual({
    vision: [768, 12, 12, 3072],
    image: [224, 16],
    text: [512, 12, 8, 2048],
    projectionDim: 512,
  });
  expect(sizes(readFgClipConfig(modelConfig('large')))).toEqual({
    vision: [1024, 24, 16, 4096],
    image: [336, 14],
    text: [768, 12, 12, 3072],
    projectionDim: 768,
  });
});

test.each(['base', 'large', 'tiny'])(
  '%s survives the way through its Hugging Face form',
  (name) => {
    const config = readFgClipConfig(modelConfig(name));
    expect(parseFgClipConfig(toHuggingFaceConfig(config), 'again')).toEqual(config);
    expect(config.text.longPositions).toBe(248);
  },
);

test('the reference model file is read', () => {
  const file = join(golden, 'fgclip-tiny/config.json');
  const stored = JSON.parse(readFileSync(file, 'utf8'));
  const config = parseFgClipConfig(stored, file);
  expect(config.vision.hiddenSize).toBe(stored.vision_config.hidden_size);
  expect(config.text.eosId).toBe(stored.text_config.eos_token_id);
  expect(config.text.longPositions).toBe(
    stretchedLength(stored.text_config.max_position_embeddings),
  );
});

describe('what published files leave out or carry along', () => {
  test('an empty object is openai/clip-vit-base-patch32', () => {
    const config = parseFgClipConfig({}, 'config.json');
    expect(sizes(config)).toEqual({
      vision: [768, 12, 12, 3072],
      image: [224, 32],
      text: [512, 12, 8, 2048],
      projectionDim: 512,
    });
    expect(config.text).toMatchObject({
      vocabSize: 49408,
      positions: 77,
      longPositions: 248,
      bosId: 49406,
      eosId: 49407,
      padId: 49407,
      activation: 'quick_gelu',
      layerNormEps: 1e-5,
    });
    expect(config.logitScaleInit).toBe(2.6592);
  });

  test("OpenAI's token ids are replaced as FG-CLIP does", () => {
    const ids = { bos_token_id: 0, eos_token_id: 2, pad_token_id: 1 };
    expect(parseFgClipConfig({ text_config: ids }, 'config.json').text).toMatchObject({
      bosId: 49406,
      eosId: 49407,
      padId: 49407,
    });
    const own = { bos_token_id: 1, eos_token_id: 2, pad_token_id: 0, vocab_size: 500 };
    expect(parseFgClipConfig({ text_config: own }, 'config.json').text).toMatchObject({
      bosId: 1,
      eosId: 2,
      padId: 0,
    });
  });

  test('an old text_config_dict has the last word, and null sections are none', () => {
    const config = parseFgClipConfig(
      {
        text_config: { hidden_size: 512 },
        text_config_dict: { hidden_size: 768, num_attention_heads: 12 },
        vision_config_dict: null,
      },
      'config.json',
    );
    expect(config.text).toMatchObject({ hiddenSize: 768, heads: 12 });
  });
});

test.each<[string, unknown, RegExp]>([
  ['not an object', [], /x\.json is not a CLIP config: .*expected object/],
  ['a text for a number', { projection_dim: '512' }, /projection_dim: .*expected number/],
  ['no layers', { vision_config: { num_hidden_layers: 0 } }, /vision_config\.num_hidden_layers: /],
  [
    'more layers than any model has',
    { vision_config: { num_hidden_layers: 1e9 }, text_config: { num_hidden_layers: 1e9 } },
    /vision_config\.num_hidden_layers: must be at most 512\n.*text_config\.num_hidden_layers: must be/,
  ],
  [
    'another activation',
    { text_config: { hidden_act: 'relu' } },
    /text_config\.hidden_act: must be "quick_gelu" or "gelu" or "gelu_pytorch_tanh"/,
  ],
  [
    'heads that do not divide',
    { text_config: { num_attention_heads: 7 } },
    /text_config\.hidden_size: \(512\) must be a multiple of num_attention_heads \(7\)/,
  ],
  [
    'patches that do not tile',
    { vision_config: { patch_size: 15 } },
    /vision_config\.image_size: must be a multiple of patch_size/,
  ],
  [
    'ids beyond the vocabulary',
    { text_config: { vocab_size: 100 } },
    /text_config\.bos_token_id is 49406, but the vocabulary has only 100/,
  ],
])('%s is refused by file and field', (_, json, message) => {
  expect(() => parseFgClipConfig(json, 'x.json')).toThrow(UserError);
  expect(() => parseFgClipConfig(json, 'x.json')).toThrow(message);
});
