import { UserError } from '../../src/errors.js';
import { parseFgClip2Config, readFgClip2Config, toFgClip2Json } from '../../src/fgclip2/config.js';
import { goldenFile } from '../golden.js';

test('an empty object is the base model, with the vocabulary of the weights', () => {
  const config = parseFgClip2Config({ model_type: 'fgclip2' }, 'config.json', 1234);
  const tower = {
    hiddenSize: 768,
    layers: 12,
    heads: 12,
    mlpSize: 3072,
    layerNormEps: 1e-6,
    activation: 'gelu_pytorch_tanh',
  };
  expect(config).toEqual({
    vision: { ...tower, patchSize: 16, channels: 3, positionSide: 16, hasHead: true },
    text: { ...tower, vocabSize: 1234, positions: 64, longPositions: 196, keptPositions: 20 },
  });
});

test('towers of different depths survive the way through the file', () => {
  const config = readFgClip2Config(goldenFile('fgclip2-tiny', 'config.json'));
  expect(config.vision).toMatchObject({ layers: 3, heads: 4, mlpSize: 96, patchSize: 4 });
  expect(config.text).toMatchObject({ layers: 2, heads: 6, mlpSize: 112, vocabSize: 560 });
  const headless = { ...config, vision: { ...config.vision, hasHead: false } };
  for (const each of [config, headless]) {
    expect(parseFgClip2Config(toFgClip2Json(each), 'again')).toEqual(each);
  }
});

test.each<[string, object, RegExp]>([
  [
    'positions that are no square',
    { vision_config: { num_patches: 200 } },
    /vision_config\.num_patches: must be a square number/,
  ],
  [
    'towers of different widths',
    { text_config: { hidden_size: 1152 } },
    /text_config\.hidden_size: is not vision_config\.hidden_size/,
  ],
  [
    'another projection',
    { text_config: { projection_size: 512 } },
    /text_config\.projection_size: must be hidden_size/,
  ],
  [
    'more kept positions than there are',
    { text_config: { longtext_len: 10 } },
    /text_config\.keep_len: must be at most longtext_len/,
  ],
  [
    'more layers than any model has',
    { vision_config: { num_hidden_layers: 1e9 } },
    /vision_config\.num_hidden_layers: must be at most 512/,
  ],
  [
    'heads that do not divide',
    { vision_config: { num_attention_heads: 7 } },
    /vision_config\.hidden_size: \(768\) must be a multiple of num_attention_heads \(7\)/,
  ],
])('%s are refused by file and field', (_, json, message) => {
  expect(() => parseFgClip2Config(json, 'x.json')).toThrow(UserError);
  expect(() => parseFgClip2Config(json, 'x.json')).toThrow(message);
});
