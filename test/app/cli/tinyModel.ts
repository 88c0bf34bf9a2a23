import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorSource } from '../../../src/checkpoints/safetensors.js';
import { parseFgClipConfig } from '../../../src/fgclip/config.js';
import { saveModelFolder } from '../../../src/fgclip/modelFolder.js';
import { initialParameter, parameterShapes } from '../../../src/fgclip/parameters.js';
import { createRandom } from '../../../src/random.js';
import { trainBpe } from '../../../src/text/trainTokenizer.js';

const tower = {
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 64,
};

/** A small model folder with random weights and a tokenizer of its own. */
export async function writeTinyModel(detector: object = {}): Promise<string> {
  const vocabSize = 600;
  const { tokenizer, config: tokenizerConfig } = await trainBpe(
    ['a photo of a red cat', 'a photo of a grey dog', 'a photo of an animal'],
    { vocabSize },
  );
  const vocab_size = Object.keys(tokenizer.model.vocab).length;
  const config = parseFgClipConfig(
    {
      projection_dim: 16,
      vision_config: { ...tower, image_size: 32, patch_size: 8 },
      text_config: {
        ...tower,
        vocab_size,
        bos_token_id: vocab_size - 2,
        eos_token_id: vocab_size - 1,
        pad_token_id: vocab_size - 1,
      },
    },
    'config.json',
  );
  const random = createRandom(0);
  const parameters = new Map<string, TensorSource>();
  for (const [name, shape] of parameterShapes(config)) {
    const read = async () => initialParameter(config, name, random);
    parameters.set(name, { shape, dtype: 'float32', read });
  }
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-tiny-'));
  const json = (content: unknown) => Buffer.from(JSON.stringify(content));
  const files = {
    'tokenizer.json': json(tokenizer),
    'tokenizer_config.json': json(tokenizerConfig),
    'detector.json': json({ proposals: 'dense', ...detector }),
  };
  await saveModelFolder(folder, { config, parameters, files });
  return folder;
}
