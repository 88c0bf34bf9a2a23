import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePhotosSettings } from '../../detectors/photos/settings.js';
import { parseDetectorSettings } from '../../detectors/settings.js';
import { readShardIndex } from '../../src/checkpoints/sharded.js';
import { parseFgClipConfig } from '../../src/fgclip/config.js';
import { parseFgClip2Config } from '../../src/fgclip2/config.js';
import { readJson } from '../../src/files/jsonFile.js';
import {
  parsePreprocessorConfig,
  toPreprocessorConfig,
} from '../../src/images/preprocessorConfig.js';
import { readPhotosConfig, toPhotosJson } from '../../src/photos/config.js';
import { json, splitFirstLine, withFirstLine } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

const tower = {
  ...{ hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64 },
  ...{ hidden_act: 'quick_gelu', layer_norm_eps: 1e-5 },
};
const fgclip = {
  ...{ model_type: 'clip', architectures: ['FGCLIPModel'], projection_dim: 16 },
  vision_config: { ...tower, image_size: 32, patch_size: 8 },
  text_config: {
    ...{ ...tower, vocab_size: 600, max_position_embeddings: 77 },
    ...{ bos_token_id: 598, eos_token_id: 599, pad_token_id: 599 },
  },
};
const fgclip2 = {
  ...{ model_type: 'fgclip2', architectures: ['Fgclip2Model'] },
  vision_config: { ...tower, num_patches: 256, patch_size: 16, vision_use_head: true },
  text_config: { ...tower, vocab_size: 600, longtext_len: 196, keep_len: 20 },
};
const photos = toPhotosJson({
  boxes: { side: 416, classes: 80, bins: 11 },
  crops: { side: 224, classes: 1000, extraClasses: 0 },
  text: {
    ...{ hiddenSize: 384, layers: 6, heads: 12, mlpSize: 1536 },
    ...{ layerNormEps: 1e-12, vocabSize: 30522, positions: 512 },
  },
  background: 100,
});

/** By the name in the input's first line: what reads the rest. */
const readers: Record<string, (file: string) => unknown> = {
  fgclip: (file) => parseFgClipConfig(readJson(file), file),
  fgclip2: (file) => parseFgClip2Config(readJson(file), file),
  photos: readPhotosConfig,
  preprocessor: (file) => parsePreprocessorConfig(readJson(file), file),
  detector: (file) => parseDetectorSettings(readJson(file), file),
  photosDetector: (file) => parsePhotosSettings(readJson(file), file),
  shards: readShardIndex,
};

export const target: FuzzTarget = {
  seeds: () => [
    withFirstLine('fgclip', json(fgclip)),
    withFirstLine('fgclip2', json(fgclip2)),
    withFirstLine('photos', json(photos)),
    withFirstLine('preprocessor', json(toPreprocessorConfig(224))),
    withFirstLine(
      'detector',
      json({
        ...{ threshold: 0.3, nms: 0.5, scales: [1, 0.5], temperature: 30, templates: ['a {}'] },
        contrastVocabulary: { nouns: ['cat'], kinds: { animal: ['dog'] } },
      }),
    ),
    withFirstLine('photosDetector', json({ threshold: 0.3 })),
    withFirstLine('shards', json({ weight_map: { a: 'model-1.safetensors' }, metadata: {} })),
  ],
  read(input, folder) {
    const [name, content] = splitFirstLine(input);
    const file = join(folder, 'config.json');
    writeFileSync(file, content);
    if (Object.hasOwn(readers, name)) readers[name](file);
  },
};
