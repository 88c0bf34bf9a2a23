import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { parseFgClip2Config, readFgClip2Config } from '../../src/fgclip2/config.js';
import { parameterShapes } from '../../src/fgclip2/parameters.js';
import { sizeOf } from '../../src/jit/ndarray.js';
import { goldenFile } from '../golden.js';

test("names and shapes are the reference's", () => {
  const stored = openSafetensors(goldenFile('fgclip2-tiny', 'model.safetensors'));
  const shapes = parameterShapes(readFgClip2Config(goldenFile('fgclip2-tiny', 'config.json')));
  expect([...shapes.keys()].sort()).toEqual(
    [...stored.keys()].filter((name) => !/finegraind|hardneg/.test(name)).sort(),
  );
  for (const [name, shape] of shapes) {
    const { shape: held } = stored.get(name)!;
    expect({ name, shape: shape.length === 0 ? [sizeOf(held)] : held }).toEqual({
      name,
      shape: shape.length === 0 ? [1] : shape,
    });
  }
});

test.each([
  ['base', 768, 12, 12, 3072, 425, 383_803_394],
  ['large', 1024, 24, 16, 4096, 809, 896_622_594],
  ['so400m', 1152, 27, 16, 4304, 905, 1_154_017_410],
])('%s has as many tensors and parameters as its class', (_, ...sizes) => {
  const [hidden_size, num_hidden_layers, num_attention_heads, intermediate_size] = sizes;
  const tower = { hidden_size, num_hidden_layers, num_attention_heads, intermediate_size };
  const json = { vision_config: tower, text_config: tower };
  const shapes = parameterShapes(parseFgClip2Config(json, 'config.json', 256_000));
  const count = [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  expect([shapes.size, count]).toEqual(sizes.slice(4));
});
