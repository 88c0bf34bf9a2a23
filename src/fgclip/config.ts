import { z } from 'zod';
import { UserError } from '../errors.js';
import { checkJson, readJson } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import { countTo, modelBounds } from '../modelBounds.js';
import { stretchedLength } from '../nn/longPositions.js';
import {
  requireWholeHeads,
  storedTower,
  type TowerConfig,
  towerFields,
  towerOf,
} from '../nn/towerConfig.js';

export interface VisionConfig extends TowerConfig {
  /** Side in pixels of the square the model was made for; other sizes interpolate the positions. */
  imageSize: number;
  /** Side of a patch in pixels. */
  patchSize: number;
  channels: number;
}

export interface TextConfig extends TowerConfig {
  vocabSize: number;
  /** Rows of `position_embedding`: the most tokens of a short text. */
  positions: number;
  /** Rows of `position_embedding_ori` and `position_embedding_res`: the most tokens of a long text. */
  longPositions: number;
  bosId: number;
  eosId: number;
  padId: number;
}

/** The sizes and token ids that make up an FG-CLIP model. */
export interface FgClipConfig {
  projectionDim: number;
  /** Natural logarithm that every logit scale starts from. */
  logitScaleInit: number;
  vision: VisionConfig;
  text: TextConfig;
}

const { width, side, tokens, entries } = modelBounds;
const tokenId = z.int().nonnegative().nullish();
const clipTower = {
  num_hidden_layers: 12,
  layer_norm_eps: 1e-5,
  hidden_act: 'quick_gelu',
} as const;

// Defaults are those of CLIPVisionConfig and CLIPTextConfig in Hugging Face's transformers, which
// leaves fields that have them out of the files it writes.
const visionSchema = z
  .object({
    ...towerFields({
      ...clipTower,
      hidden_size: 768,
      num_attention_heads: 12,
      intermediate_size: 3072,
    }),
    image_size: countTo(side).default(224),
    patch_size: countTo(side).default(32),
    num_channels: countTo(width).default(3),
  })
  .superRefine(requireWholeHeads)
  .refine((vision) => vision.image_size % vision.patch_size === 0, {
    path: ['image_size'],
    message: 'must be a multiple of patch_size',
  });

const textSchema = z
  .object({
    ...towerFields({
      ...clipTower,
      hidden_size: 512,
      num_attention_heads: 8,
      intermediate_size: 2048,
    }),
    vocab_size: countTo(entries).default(49408),
    max_position_embeddings: countTo(tokens).default(77),
    longtext_len: countTo(tokens).optional(),
    bos_token_id: tokenId,
    eos_token_id: tokenId,
    pad_token_id: tokenId,
  })
  .superRefine(requireWholeHeads);

const section = z.record(z.string(), z.unknown()).nullish();
const fileSchema = z
  .object({
    projection_dim: countTo(width).default(512),
    logit_scale_init_value: z.number().default(2.6592),
    vision_config: section,
    text_config: section,
    vision_config_dict: section,
    text_config_dict: section,
  })
  .transform(({ vision_config_dict, text_config_dict, ...root }) => ({
    ...root,
    vision_config: { ...root.vision_config, ...vision_config_dict },
    text_config: { ...root.text_config, ...text_config_dict },
  }))
  .pipe(
    z.object({
      projection_dim: countTo(width),
      logit_scale_init_value: z.number(),
      vision_config: visionSchema,
      text_config: textSchema,
    }),
  );

/**
 * The sizes of an FG-CLIP or CLIP model from the content of its Hugging Face config.json. Missing fields
 * take the defaults of Hugging Face's CLIP; fields that say nothing about sizes are ignored.
 *
 * - `text_config_dict` and `vision_config_dict`, which old files carry, override the sections.
 * - Token ids bos 0, eos 2, pad 1, which OpenAI's published files carry by mistake, are replaced as
 *   FG-CLIP does, by the last two of the vocabulary: 49406, 49407, 49407 for CLIP's 49,408 entries.
 *   A missing pad id is the eos id.
 * - `text_config.longtext_len` is the number of long positions. FG-CLIP 1 does not write it; it is then
 *   what the short positions stretch to (248 for 77). A folder's tensors have the last word.
 *
 * @param file the name that error messages give the config.
 * @throws UserError naming the file and every bad field.
 */
export function parseFgClipConfig(json: unknown, file: string): FgClipConfig {
  const root = checkJson(json, fileSchema, file, 'a CLIP config');
  const { vision_config: vision, text_config: text } = root;
  return {
    projectionDim: root.projection_dim,
    logitScaleInit: root.logit_scale_init_value,
    vision: {
      ...towerOf(vision),
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      channels: vision.num_channels,
    },
    text: {
      ...towerOf(text),
      vocabSize: text.vocab_size,
      positions: text.max_position_embeddings,
      longPositions: text.longtext_len ?? stretchedLength(text.max_position_embeddings),
      ...tokenIds(text, file),
    },
  };
}

/** Reads and checks a config.json. @throws UserError as `parseFgClipConfig` does, or for a bad file. */
export function readFgClipConfig(file: string): FgClipConfig {
  return parseFgClipConfig(readJson(file, mostBytes.settings), file);
}

/** The content of a Hugging Face config.json for these sizes: what `parseFgClipConfig` reads back. */
export function toHuggingFaceConfig(config: FgClipConfig): Record<string, unknown> {
  const { vision, text, projectionDim } = config;
  return {
    architectures: ['FGCLIPModel'],
    model_type: 'clip',
    projection_dim: projectionDim,
    logit_scale_init_value: config.logitScaleInit,
    initializer_factor: 1,
    text_config: {
      model_type: 'clip_text_model',
      ...storedTower(text),
      projection_dim: projectionDim,
      vocab_size: text.vocabSize,
      max_position_embeddings: text.positions,
      longtext_len: text.longPositions,
      bos_token_id: text.bosId,
      eos_token_id: text.eosId,
      pad_token_id: text.padId,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      ...storedTower(vision),
      projection_dim: projectionDim,
      image_size: vision.imageSize,
      patch_size: vision.patchSize,
      num_channels: vision.channels,
    },
  };
}

function tokenIds(
  text: z.infer<typeof textSchema>,
  file: string,
): Pick<TextConfig, 'bosId' | 'eosId' | 'padId'> {
  const { bos_token_id: bos, eos_token_id: eos, pad_token_id: pad, vocab_size: vocabSize } = text;
  const isOpenAi = bos === 0 && eos === 2 && pad === 1;
  if (isOpenAi) return { bosId: vocabSize - 2, eosId: vocabSize - 1, padId: vocabSize - 1 };
  const eosId = eos ?? 49407;
  const ids = { bosId: bos ?? 49406, eosId, padId: pad ?? eosId };
  for (const [name, id] of Object.entries(ids)) {
    if (id >= vocabSize) {
      throw new UserError(
        `${file}: text_config.${name.replace('Id', '_token_id')} is ${id}, but the vocabulary has only ${vocabSize} entries.`,
      );
    }
  }
  return ids;
}
