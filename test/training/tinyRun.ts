import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { parseTrainingConfig, type TrainingConfig } from '../../training/config.js';

const nouns = ['cat', 'dog', 'cup', 'car', 'tree', 'fish'];
const colours = ['red', 'green', 'blue', 'grey', 'pink', 'teal'];
const words = ['a', 'photo', 'of', 'the', 'and', 'small', 'large', ...nouns, ...colours];
const attributes = [...colours, 'small', 'large', 'the', 'and', 'of'];

/** A whitespace tokenizer with begin 0 and end 1. */
export const tokenizerJson = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: ['<bos>', '<eos>'].map((content, id) => ({
    ...{ id, content, special: true, normalized: false },
    ...{ single_word: false, lstrip: false, rstrip: false },
  })),
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '<bos>', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '<eos>', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '<bos>': { id: '<bos>', ids: [0], tokens: ['<bos>'] },
      '<eos>': { id: '<eos>', ids: [1], tokens: ['<eos>'] },
    },
  },
  decoder: null,
  model: {
    type: 'WordLevel',
    unk_token: '<unk>',
    vocab: Object.fromEntries(['<bos>', '<eos>', '<unk>', ...words].map((word, id) => [word, id])),
  },
};

export const modelJson = {
  projection_dim: 8,
  vision_config: {
    ...{ hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32 },
    ...{ image_size: 32, patch_size: 8 },
  },
  text_config: {
    ...{ hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 32 },
    // So many that the texts of all micro-batches take as many rows: each shape is compiled by itself.
    ...{ vocab_size: 40, max_position_embeddings: 72, longtext_len: 128 },
    ...{ bos_token_id: 0, eos_token_id: 1, pad_token_id: 1 },
  },
};

/** Record `i` of the tiny data set: two described boxes, the first with hard negatives. */
export function tinyRecord(i: number) {
  const [noun, other] = [nouns[i % 6], nouns[(i + 1) % 6]];
  const colour = colours[Math.floor(i / 2) % 6];
  const negatives = attributes.filter((word) => word !== colour).slice(0, 10);
  return {
    f_path: `grit-20m/data-12m/${i}.png`,
    caption: `a photo of a ${colour} ${noun} and the ${other} and the ${i % 2 ? 'small' : 'large'} tree`,
    short_caption: `a ${colour} ${noun}`,
    bbox_info: [
      {
        bbox: [0.1, 0.1, 0.6, 0.7, 0.9],
        short_expr: `${colour} ${noun}`,
        long_expr: `a small ${colour} ${noun}`,
        short_expr_negs: Object.fromEntries(negatives.map((word, n) => [n, `${word} ${noun}`])),
        flag_short_neg: 1,
      },
      {
        bbox: [0.5, 0.5, 1, 1],
        short_expr: other,
        long_expr: `the ${other}`,
        short_expr_negs: {},
        flag_short_neg: 0,
      },
    ],
  };
}

/** Writes a data set of `count` pictures, a model config and a tokenizer to `folder`. */
export async function writeTinyData(folder: string, count = 10): Promise<void> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  const records = Array.from({ length: count }, (_, i) => tinyRecord(i));
  writeFileSync(join(folder, 'records.json'), JSON.stringify(records, null, 1));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(modelJson));
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson));
  writeFileSync(join(folder, 'tokenizer_config.json'), '{}');
  for (let i = 0; i < count; i++) {
    const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 53) % 256 };
    const image = sharp({ create: { width: 40, height: 32, channels: 3, background } });
    await image.png().toFile(join(folder, 'images', `${i}.png`));
  }
}

/** The fields of a config for the data that `writeTinyData` wrote to `folder`. */
export function tinyFields(folder: string): Record<string, unknown> {
  return {
    stage: 2,
    model: { initial: { random: join(folder, 'config.json'), seed: 3, tokenizer: folder } },
    data: [{ records: join(folder, 'records.json'), images: join(folder, 'images') }],
    batch: 4,
    steps: 6,
    learningRate: 1e-3,
    warmupSteps: 2,
    regionsPerImage: 2,
    hardPerImage: 1,
    checkpointEvery: 2,
    output: join(folder, 'run'),
    workers: 0,
    seed: 5,
  };
}

/** A config for the data that `writeTinyData` wrote to `folder`. */
export function tinyConfig(folder: string, changes: Record<string, unknown> = {}): TrainingConfig {
  return parseTrainingConfig({ ...tinyFields(folder), ...changes }, 'tiny.json');
}
