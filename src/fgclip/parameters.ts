import { type CheckOptions, checkTensors } from '../checkpoints/checkTensors.js';
import { UserError } from '../errors.js';
import { type NdArray, ndarray, sizeOf } from '../jit/ndarray.js';
import { stretchPositions } from '../nn/longPositions.js';
import { refuseOtherSizes, type StatedSize, towerSizes } from '../nn/statedSizes.js';
import type { TowerConfig } from '../nn/towerConfig.js';
import { blockShapes, layerNormShapes } from '../nn/towerShapes.js';
import type { Random } from '../random.js';
import type { FgClipConfig } from './config.js';

type Start =
  | { normal: number }
  | { constant: number }
  | { copyOf: string }
  | { stretchedFrom: string };

interface Parameter {
  shape: number[];
  start: Start;
}

const shortPositions = 'text_model.embeddings.position_embedding.weight';

/** Names and shapes of all parameters of an FG-CLIP model, as its state dict has them. */
export function parameterShapes(config: FgClipConfig): Map<string, number[]> {
  return new Map([...parameterTable(config)].map(([name, { shape }]) => [name, shape]));
}

/**
 * Random weights to train from. Standard deviations follow Hugging Face's CLIP (`_init_weights`),
 * LayerNorms start as the identity, biases at zero and logit scales at `config.logitScaleInit`; the long
 * positions are the short ones stretched and the long head is a copy of the short one. Each tensor draws
 * from its own fork of `random`, so its values do not depend on the other tensors.
 */
export function initialParameters(config: FgClipConfig, random: Random): Map<string, NdArray> {
  const names = [...parameterTable(config).keys()];
  return new Map(names.map((name) => [name, initialParameter(config, name, random)]));
}

/** One tensor of `initialParameters`. */
export function initialParameter(config: FgClipConfig, name: string, random: Random): NdArray {
  const table = parameterTable(config);
  const parameter = table.get(name);
  if (!parameter) throw new Error(`FG-CLIP has no parameter "${name}".`);
  const { shape, start } = parameter;
  if ('copyOf' in start) return initialParameter(config, start.copyOf, random);
  if ('stretchedFrom' in start) {
    const short = initialParameter(config, start.stretchedFrom, random).data as Float32Array;
    return longPositions(short, config);
  }
  const values = new Float32Array(sizeOf(shape));
  if ('constant' in start) return ndarray(values.fill(start.constant), shape);
  const { normal } = random.fork(name);
  for (let i = 0; i < values.length; i++) values[i] = start.normal * normal();
  return ndarray(values, shape);
}

/**
 * The long positions that an FG-CLIP model of these sizes starts with.
 * @param short [config.text.positions, config.text.hiddenSize].
 * @returns [config.text.longPositions, config.text.hiddenSize].
 * @throws UserError when the short positions cannot be stretched that far.
 */
export function longPositions(short: Float32Array, config: FgClipConfig): NdArray {
  const { hiddenSize, longPositions: rows } = config.text;
  const stretched = stretchPositions(short, hiddenSize);
  if (stretched.length < rows * hiddenSize) {
    throw new UserError(
      `${config.text.positions} positions stretch to ${stretched.length / hiddenSize} long ones, but the config asks for ${rows}: lower text_config.longtext_len.`,
    );
  }
  return ndarray(stretched.slice(0, rows * hiddenSize), [rows, hiddenSize]);
}

/**
 * The tensors of a checkpoint that are the parameters of a model of these sizes, in the model's order.
 * The `position_ids` buffers that old checkpoints carry are left out.
 * @throws CheckpointError naming the file and every size that config.json says otherwise, or every missing and mis-shaped
 *   tensor.
 */
export function checkParameters(
  config: FgClipConfig,
  tensors: ReadonlyMap<string, NdArray>,
  file: string,
  options: CheckOptions = {},
): Map<string, NdArray> {
  checkSizes(config, tensors, file);
  return checkTensors(parameterShapes(config), tensors, file, options);
}

/**
 * Compares the sizes that config.json says with those that the weights have.
 * @throws CheckpointError in the words of config.json: "patch_size says 32, the weights 16"
 */
export function checkSizes(
  { vision, text, projectionDim }: FgClipConfig,
  tensors: ReadonlyMap<string, NdArray>,
  file: string,
): void {
  const size = (name: string, axis: number) => tensors.get(name)?.shape[axis];
  const patches = size('vision_model.embeddings.position_embedding.weight', 0);
  const patchSize = size('vision_model.embeddings.patch_embedding.weight', 3);
  const side = patches && patchSize ? Math.sqrt(patches - 1) * patchSize : undefined;
  const tokens = 'text_model.embeddings.token_embedding.weight';
  const sizes: StatedSize[] = [
    ['vision_config.patch_size', vision.patchSize, patchSize],
    ['vision_config.image_size', vision.imageSize, side],
    ...towerSizes('vision', vision, tensors),
    ...towerSizes('text', text, tensors),
    ['text_config.vocab_size', text.vocabSize, size(tokens, 0)],
    ['text_config.max_position_embeddings', text.positions, size(shortPositions, 0)],
    ['projection_dim', projectionDim, size('visual_projection.weight', 0)],
  ];
  refuseOtherSizes(sizes, file);
}

function parameterTable(config: FgClipConfig): Map<string, Parameter> {
  const { vision, text, projectionDim, logitScaleInit } = config;
  const table = new Map<string, Parameter>();
  const add = (name: string, shape: number[], start: Start) => table.set(name, { shape, start });

  for (const scale of ['logit_scale', 'logit_scale_finegraind', 'logit_scale_hardneg']) {
    add(scale, [], { constant: logitScaleInit });
  }

  const embeddings = 'text_model.embeddings';
  const longShape = [text.longPositions, text.hiddenSize];
  add(`${embeddings}.token_embedding.weight`, [text.vocabSize, text.hiddenSize], { normal: 0.02 });
  add(shortPositions, [text.positions, text.hiddenSize], { normal: 0.02 });
  for (const part of ['ori', 'res']) {
    add(`${embeddings}.position_embedding_${part}.weight`, longShape, {
      stretchedFrom: shortPositions,
    });
  }
  addLayers(table, 'text_model', text);
  addLayerNorm(table, 'text_model.final_layer_norm', text.hiddenSize);

  const patches = (vision.imageSize / vision.patchSize) ** 2;
  add('vision_model.embeddings.class_embedding', [vision.hiddenSize], {
    normal: vision.hiddenSize ** -0.5,
  });
  add(
    'vision_model.embeddings.patch_embedding.weight',
    [vision.hiddenSize, vision.channels, vision.patchSize, vision.patchSize],
    { normal: 0.02 },
  );
  add('vision_model.embeddings.position_embedding.weight', [patches + 1, vision.hiddenSize], {
    normal: 0.02,
  });
  addLayerNorm(table, 'vision_model.pre_layrnorm', vision.hiddenSize);
  addLayers(table, 'vision_model', vision);
  addLayerNorm(table, 'vision_model.post_layernorm', vision.hiddenSize);

  const textShape = [projectionDim, text.hiddenSize];
  add('visual_projection.weight', [projectionDim, vision.hiddenSize], {
    normal: vision.hiddenSize ** -0.5,
  });
  add('text_projection.weight', textShape, { normal: text.hiddenSize ** -0.5 });
  add('text_filip_projection.weight', textShape, { copyOf: 'text_projection.weight' });
  return table;
}

function addLayers(table: Map<string, Parameter>, tower: string, config: TowerConfig): void {
  const { hiddenSize, layers } = config;
  const outStd = hiddenSize ** -0.5;
  const inStd = outStd * (2 * layers) ** -0.5;
  const startOf = (name: string): Start => {
    if (name.endsWith('.bias')) return { constant: 0 };
    if (name.includes('.layer_norm')) return { constant: 1 };
    if (name.endsWith('.out_proj.weight')) return { normal: outStd };
    return { normal: name.endsWith('.fc1.weight') ? (2 * hiddenSize) ** -0.5 : inStd };
  };
  for (const [name, shape] of blockShapes(tower, config)) {
    table.set(name, { shape, start: startOf(name) });
  }
}

function addLayerNorm(table: Map<string, Parameter>, name: string, size: number): void {
  for (const [parameter, shape] of layerNormShapes(name, size)) {
    table.set(parameter, { shape, start: { constant: parameter.endsWith('.weight') ? 1 : 0 } });
  }
}
