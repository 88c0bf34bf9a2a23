import { z } from 'zod';
import { readJsonFile } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import { countTo, modelBounds } from '../modelBounds.js';
import { photosType } from '../modelFamily.js';

/** The box network: NanoDet-g. */
export interface BoxesConfig {
  /** Side in pixels of the square that pictures are squashed to. */
  side: number;
  /** Classes that it tells apart itself. */
  classes: number;
  /** Distances, in strides, that the probabilities for a side of a box are spread over: 0, 1, …, bins - 1. */
  bins: number;
}

/** The crop network: EfficientNet-Lite2. */
export interface CropsConfig {
  /** Side in pixels of the square that crops are squashed to. */
  side: number;
  /** Classes of the network as it was published. */
  classes: number;
  /** Classes that were added to it (`names.*` among the tensors). */
  extraClasses: number;
}

/** The text network: a BERT with the mean of its tokens as result. */
export interface TextConfig {
  hiddenSize: number;
  layers: number;
  heads: number;
  mlpSize: number;
  layerNormEps: number;
  vocabSize: number;
  /** The most tokens of a text, those around it included; longer texts are cut. */
  positions: number;
}

/** The sizes of a model for photographs. */
export interface PhotosConfig {
  boxes: BoxesConfig;
  crops: CropsConfig;
  text: TextConfig;
  /** Names that a text is compared with to tell whether it is there. */
  background: number;
}

const { layers, width, tokens, entries } = modelBounds;
const side = countTo(modelBounds.side).refine((pixels) => pixels % 32 === 0, {
  error: 'must be a multiple of 32',
});

const schema = z.object({
  model_type: z.literal(photosType, { error: `must be "${photosType}"` }),
  boxes: z.object({
    architecture: z.literal('nanodet-g'),
    side,
    classes: countTo(entries),
    bins: countTo(width),
  }),
  crops: z.object({
    architecture: z.literal('efficientnet-lite2'),
    side,
    classes: countTo(entries),
    extra_classes: z.int().nonnegative().max(entries).default(0),
  }),
  text: z
    .object({
      architecture: z.literal('bert'),
      hidden_size: countTo(width),
      num_hidden_layers: countTo(layers),
      num_attention_heads: countTo(width),
      intermediate_size: countTo(width),
      layer_norm_eps: z.number().positive(),
      vocab_size: countTo(entries),
      max_position_embeddings: countTo(tokens),
    })
    .refine((text) => text.hidden_size % text.num_attention_heads === 0, {
      path: ['hidden_size'],
      error: 'must be a multiple of num_attention_heads',
    }),
  background: countTo(entries),
});

/** Reads and checks a config.json. @throws UserError naming the file and every bad field. */
export function readPhotosConfig(file: string): PhotosConfig {
  const { boxes, crops, text, background } = readJsonFile(
    file,
    schema,
    "a photo model's config",
    mostBytes.settings,
  );
  return {
    boxes: { side: boxes.side, classes: boxes.classes, bins: boxes.bins },
    crops: { side: crops.side, classes: crops.classes, extraClasses: crops.extra_classes },
    text: {
      hiddenSize: text.hidden_size,
      layers: text.num_hidden_layers,
      heads: text.num_attention_heads,
      mlpSize: text.intermediate_size,
      layerNormEps: text.layer_norm_eps,
      vocabSize: text.vocab_size,
      positions: text.max_position_embeddings,
    },
    background,
  };
}

/** The content of a config.json for these sizes: what `readPhotosConfig` reads back. */
export function toPhotosJson({ boxes, crops, text, background }: PhotosConfig) {
  const { extraClasses, ...publishedCrops } = crops;
  return {
    model_type: photosType,
    boxes: { architecture: 'nanodet-g', ...boxes },
    crops: {
      architecture: 'efficientnet-lite2',
      ...publishedCrops,
      extra_classes: extraClasses,
    },
    text: {
      architecture: 'bert',
      hidden_size: text.hiddenSize,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      intermediate_size: text.mlpSize,
      layer_norm_eps: text.layerNormEps,
      vocab_size: text.vocabSize,
      max_position_embeddings: text.positions,
    },
    background,
  } satisfies z.input<typeof schema>;
}

/** Classes that crops are told apart in. */
export function cropClasses({ crops }: PhotosConfig): number {
  return crops.classes + crops.extraClasses;
}

/** All classes: the box network's, then those of crops. Each has an anchor. */
export function allClasses(config: PhotosConfig): number {
  return config.boxes.classes + cropClasses(config);
}
