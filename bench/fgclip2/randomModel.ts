import type { TensorSource } from '../../src/checkpoints/safetensors.js';
import { writeModelFolder } from '../../src/checkpoints/writeModelFolder.js';
import { type FgClip2Config, parseFgClip2Config, toFgClip2Json } from '../../src/fgclip2/config.js';
import { parameterShapes } from '../../src/fgclip2/parameters.js';
import { ndarray, sizeOf } from '../../src/jit/ndarray.js';
import { createRandom } from '../../src/random.js';

/** The base model's sizes, with a vocabulary that is quickly written: of the table of tokens only rows are read. */
export function baseConfig(layers = 12, vocabulary = 1000): FgClip2Config {
  const tower = { num_hidden_layers: layers };
  const json = { vision_config: tower, text_config: { ...tower, vocab_size: vocabulary } };
  return parseFgClip2Config(json, 'the benchmark');
}

/** Writes an FG-CLIP 2 folder with random weights; one tensor at a time is in memory. */
export async function writeRandomFgClip2(config: FgClip2Config, folder: string): Promise<void> {
  const random = createRandom(0);
  const parameters = new Map<string, TensorSource>();
  for (const [name, shape] of parameterShapes(config)) {
    const read = async () => {
      const values = new Float32Array(sizeOf(shape));
      const inner = shape.at(-1) ?? 1;
      if (shape.length > 1) {
        const scale = name.includes('embedding.weight') ? 0.02 : inner ** -0.5;
        for (let i = 0; i < values.length; i++) values[i] = scale * random.normal();
      } else if (/norm\d?\.weight$/.test(name)) values.fill(1);
      return ndarray(values, shape);
    };
    parameters.set(name, { shape, dtype: 'float32', read });
  }
  await writeModelFolder(folder, { config: toFgClip2Json(config), parameters });
}
