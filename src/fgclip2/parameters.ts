import { type CheckOptions, checkTensors } from '../checkpoints/checkTensors.js';
import { type NdArray, ndarray } from '../jit/ndarray.js';
import { refuseOtherSizes, type StatedSize, towerSizes } from '../nn/statedSizes.js';
import type { TowerConfig } from '../nn/towerConfig.js';
import { blockShapes, layerNormShapes, linearShapes, mlpShapes } from '../nn/towerShapes.js';
import type { FgClip2Config } from './config.js';

const textEmbeddings = 'text_model.embeddings';
const visionEmbeddings = 'vision_model.embeddings';

/** The tensor that has a row for each token of the vocabulary. */
export const tokenTable = `${textEmbeddings}.token_embedding.weight`;

/** Scales that only training uses: taken along where a checkpoint has them. */
const ofTraining = ['logit_scale_finegraind', 'logit_scale_hardneg'];

/** What training starts these with: a hundredfold. */
export function trainingScales(): Record<string, NdArray> {
  return Object.fromEntries(
    ofTraining.map((name) => [name, ndarray(Float32Array.of(Math.log(100)), [])]),
  );
}

/** Names and shapes of all parameters of an FG-CLIP 2 model, as its state dict has them. */
export function parameterShapes({ vision, text }: FgClip2Config): Map<string, number[]> {
  const width = vision.hiddenSize;
  const long = [text.longPositions, width];
  return new Map([
    [
      `${visionEmbeddings}.patch_embedding.weight`,
      [width, vision.channels * vision.patchSize ** 2],
    ],
    [`${visionEmbeddings}.patch_embedding.bias`, [width]],
    [`${visionEmbeddings}.position_embedding.weight`, [vision.positionSide ** 2, width]],
    ...blockShapes('vision_model', vision),
    ...layerNormShapes('vision_model.post_layernorm', width),
    ...(vision.hasHead ? attentionHeadShapes('vision_model.head', vision) : []),
    ...attentionHeadShapes('dense_feature_head', vision),
    [tokenTable, [text.vocabSize, width]],
    [`${textEmbeddings}.position_embedding.weight`, [text.positions, width]],
    [`${textEmbeddings}.position_embedding_res.weight`, long],
    [`${textEmbeddings}.position_embedding_ori.weight`, long],
    ...blockShapes('text_model', text),
    ...layerNormShapes('text_model.final_layer_norm', width),
    ...['text_model.head', 'longtext_head', 'boxtext_head'].flatMap((head) =>
      linearShapes(head, width, width),
    ),
    ['logit_scale', []],
    ['logit_bias', []],
  ]);
}

function attentionHeadShapes(name: string, config: TowerConfig): [string, number[]][] {
  const width = config.hiddenSize;
  return [
    [`${name}.probe`, [1, 1, width]],
    [`${name}.attention.in_proj_weight`, [3 * width, width]],
    [`${name}.attention.in_proj_bias`, [3 * width]],
    ...linearShapes(`${name}.attention.out_proj`, width, width),
    ...layerNormShapes(`${name}.layernorm`, width),
    ...mlpShapes(`${name}.mlp`, config),
  ] as [string, number[]][];
}

/**
 * The tensors of a checkpoint that are the parameters of a model of these sizes, in the model's order.
 * @throws CheckpointError naming the file and every size that config.json says otherwise, or every missing and mis-shaped
 *   tensor.
 */
export function checkParameters(
  config: FgClip2Config,
  tensors: ReadonlyMap<string, NdArray>,
  file: string,
  options: CheckOptions = {},
): Map<string, NdArray> {
  checkSizes(config, tensors, file);
  const shapes = parameterShapes(config);
  for (const name of ofTraining) if (tensors.has(name)) shapes.set(name, []);
  return checkTensors(shapes, tensors, file, options);
}

function checkSizes(
  { vision, text }: FgClip2Config,
  tensors: ReadonlyMap<string, NdArray>,
  file: string,
): void {
  const size = (name: string, axis = 0) => tensors.get(name)?.shape[axis];
  const patchValues = size(`${visionEmbeddings}.patch_embedding.weight`, 1);
  const sizes: StatedSize[] = [
    [
      'vision_config.patch_size',
      vision.patchSize,
      patchValues && Math.sqrt(patchValues / vision.channels),
    ],
    [
      'vision_config.num_patches',
      vision.positionSide ** 2,
      size(`${visionEmbeddings}.position_embedding.weight`),
    ],
    ...towerSizes('vision', vision, tensors),
    ...towerSizes('text', text, tensors),
    ['text_config.vocab_size', text.vocabSize, size(tokenTable)],
    [
      'text_config.max_position_embeddings',
      text.positions,
      size(`${textEmbeddings}.position_embedding.weight`),
    ],
    [
      'text_config.longtext_len',
      text.longPositions,
      size(`${textEmbeddings}.position_embedding_res.weight`),
    ],
  ];
  refuseOtherSizes(sizes, file);
}
