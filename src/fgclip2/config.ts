import { z } from 'zod';
import { checkJson, readJson } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import { countTo, modelBounds } from '../modelBounds.js';
import { fgclip2Type } from '../modelFamily.js';
import {
  requireWholeHeads,
  storedTower,
  type TowerConfig,
  towerFields,
  towerOf,
} from '../nn/towerConfig.js';

export interface VisionConfig extends TowerConfig {
  /** Side of a patch in pixels. */
  patchSize: number;
  channels: number;
  /** Side of the square grid that positions are stored for; a picture's own grid interpolates them. */
  positionSide: number;
  /** Whether there is a head for features of whole pictures. */
  hasHead: boolean;
}

export interface TextConfig extends TowerConfig {
  vocabSize: number;
  /** Tokens of a short text and of a region's, padding included. */
  positions: number;
  /** Tokens of a long text, padding included. */
  longPositions: number;
  /** The first positions of long texts, which have a table of their own. */
  keptPositions: number;
}

/** The sizes that make up an FG-CLIP 2 model. Both towers are of one width, which is that of all features. */
export interface FgClip2Config {
  vision: VisionConfig;
  text: TextConfig;
}

const { width, side, tokens, entries } = modelBounds;

/** The base model's, which the reference leaves out where a file does not say otherwise. */
const base = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  layer_norm_eps: 1e-6,
  hidden_act: 'gelu_pytorch_tanh',
} as const;

const visionSchema = z
  .object({
    ...towerFields(base),
    num_channels: z.literal(3, 'must be 3').default(3),
    num_patches: countTo(tokens)
      .refine((count) => Number.isInteger(Math.sqrt(count)), 'must be a square number')
      .default(256),
    patch_size: countTo(side).default(16),
    vision_use_head: z.boolean().default(true),
  })
  .superRefine(requireWholeHeads);

const textSchema = z
  .object({
    ...towerFields(base),
    vocab_size: countTo(entries).optional(),
    max_position_embeddings: countTo(tokens).default(64),
    longtext_len: countTo(tokens).default(196),
    keep_len: z.int().nonnegative().max(tokens, `must be at most ${tokens}`).default(20),
    projection_size: countTo(width).nullish(),
  })
  .superRefine(requireWholeHeads)
  .refine((text) => text.keep_len <= text.longtext_len, {
    path: ['keep_len'],
    message: 'must be at most longtext_len',
  })
  .refine((text) => (text.projection_size ?? text.hidden_size) === text.hidden_size, {
    path: ['projection_size'],
    message: 'must be hidden_size: all features have one width',
  });

const section = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((given) => given ?? {});
const fileSchema = z
  .object({ vision_config: section.pipe(visionSchema), text_config: section.pipe(textSchema) })
  .refine((root) => root.vision_config.hidden_size === root.text_config.hidden_size, {
    path: ['text_config', 'hidden_size'],
    error:
      "is not vision_config.hidden_size: pictures and texts share one space, and a section that is missing is the base model's",
  });

/**
 * The sizes of an FG-CLIP 2 model from the content of its config.json. Missing fields are the base model's; fields
 * that say nothing about sizes are ignored, token ids among them: the tokenizer's count.
 * @param file the name that error messages give the config.
 * @param vocabSize rows of the token table, for a config that does not say.
 * @throws UserError naming the file and every bad field.
 */
export function parseFgClip2Config(
  json: unknown,
  file: string,
  vocabSize = 256_000,
): FgClip2Config {
  const root = checkJson(json, fileSchema, file, 'an FG-CLIP 2 config');
  const { vision_config: vision, text_config: text } = root;
  return {
    vision: {
      ...towerOf(vision),
      patchSize: vision.patch_size,
      channels: vision.num_channels,
      positionSide: Math.sqrt(vision.num_patches),
      hasHead: vision.vision_use_head,
    },
    text: {
      ...towerOf(text),
      vocabSize: text.vocab_size ?? vocabSize,
      positions: text.max_position_embeddings,
      longPositions: text.longtext_len,
      keptPositions: text.keep_len,
    },
  };
}

/** Reads and checks a config.json. @throws UserError as `parseFgClip2Config` does, or for a bad file. */
export function readFgClip2Config(file: string, vocabSize?: number): FgClip2Config {
  return parseFgClip2Config(readJson(file, mostBytes.settings), file, vocabSize);
}

/** The content of a config.json for these sizes: what `parseFgClip2Config` reads back. */
export function toFgClip2Json({ vision, text }: FgClip2Config): Record<string, unknown> {
  return {
    architectures: ['Fgclip2Model'],
    model_type: fgclip2Type,
    text_config: {
      model_type: 'fgclip2_text_model',
      ...storedTower(text),
      vocab_size: text.vocabSize,
      max_position_embeddings: text.positions,
      longtext_len: text.longPositions,
      keep_len: text.keptPositions,
      projection_size: text.hiddenSize,
    },
    vision_config: {
      model_type: 'fgclip2_vision_model',
      ...storedTower(vision),
      num_channels: vision.channels,
      num_patches: vision.positionSide ** 2,
      patch_size: vision.patchSize,
      ...(!vision.hasHead && { vision_use_head: false }),
    },
  };
}
