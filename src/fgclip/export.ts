import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';
import { type ExportedModel, exportOnnx, refuseTarget } from '../jit/export.js';
import type { Target } from '../jit/graph.js';
import type { DType } from '../jit/ndarray.js';
import { placeholder } from '../jit/placeholder.js';
import { traceArrays } from '../jit/traceArrays.js';
import type { Precision } from '../jit/tracer.js';
import { boxWeights } from '../nn/boxWeights.js';
import { roiAlign } from '../nn/roiAlign.js';
import type { Parameters } from '../nn/transformer.js';
import type { FgClipConfig } from './config.js';
import type { ModelFolder } from './modelFolder.js';
import { patchGrid } from './patchGrid.js';
import { textFeatures } from './text.js';
import { mostTokens, type TextLength } from './textLength.js';
import { denseFeatures, encodePixels, globalFeatures } from './vision.js';

/** What of a model can be exported. */
export const exportables = ['image', 'dense', 'regions', 'text', 'long-text'] as const;
export type Exportable = (typeof exportables)[number];

export interface ModelExportOptions {
  /** Width and height of the pictures in pixels; default the model's. */
  size?: readonly [width: number, height: number];
  /** Pictures or texts of one run; default 1. */
  batch?: number;
  /** Tokens of a text; default as many as the model takes. */
  tokens?: number;
  /** Boxes of one run; default 16. */
  boxes?: number;
  /** `portable` (default): standard ONNX operators only; or a device of onnxruntime's, with its own operators. */
  target?: Target;
  precision?: Precision;
}

interface Entry {
  fn: (weights: Parameters, ...args: never[]) => tf.Tensor;
  inputs: Record<string, { shape: readonly number[]; dtype: DType }>;
}

/**
 * Writes one part of a model as `<folder>/<what>.onnx`. Shapes are fixed. Inputs, by name:
 * - `pixels` float32 [batch, 3, height, width], normalised as preprocessor_config.json says;
 * - `boxes` float32 [boxes, 4]: x1, y1, x2, y2 in pixels, at most twice the picture's size, and `box_image`
 *   int32 [boxes]: the picture of the batch that each box is in;
 * - `input_ids` int32 [batch, tokens], padded behind the end.
 *
 * The output `features` is not L2-normalised: [batch, projection]; [batch, rows, columns, projection] for
 * `dense`; [boxes, projection] for `regions`.
 *
 * @throws UserError when a size does not suit the model.
 */
export async function exportModel(
  model: ModelFolder,
  what: Exportable,
  folder: string,
  options: ModelExportOptions = {},
): Promise<ExportedModel> {
  const { target = 'portable', precision } = options;
  refuseTarget(target, precision);
  const { fn, inputs } = entry(model.config, what, options);
  const args = Object.values(inputs).map(({ shape, dtype }) => placeholder(shape, dtype));
  const trace = traceArrays(fn as never, args, {
    constants: [Object.fromEntries(model.parameters)],
    name: `${what} features`,
    target,
    precision,
  });
  const names = { inputs: Object.keys(inputs), outputs: ['features'] };
  return exportOnnx(trace, join(folder, `${what}.onnx`), names);
}

function entry(config: FgClipConfig, what: Exportable, options: ModelExportOptions): Entry {
  const { vision, projectionDim } = config;
  const { batch = 1, boxes = 16 } = options;
  if (what === 'text' || what === 'long-text') {
    return textEntry(config, what === 'text' ? 'short' : 'long', options);
  }
  const [width, height] = options.size ?? [vision.imageSize, vision.imageSize];
  const { patchSize } = vision;
  if (width % patchSize !== 0 || height % patchSize !== 0) {
    throw new UserError(
      `Pictures of ${width}x${height} pixels do not divide into this model's patches of ${patchSize}.`,
    );
  }
  const shape = [batch, vision.channels, height, width];
  const { rows, columns } = patchGrid(shape, vision);
  const pixels = { pixels: { shape, dtype: 'float32' as const } };
  const dense = (w: Parameters, x: tf.Tensor4D) =>
    tf.reshape(denseFeatures(w, vision, encodePixels(w, vision, x)), [
      batch,
      rows,
      columns,
      projectionDim,
    ]) as tf.Tensor4D;
  if (what === 'dense') return { fn: dense, inputs: pixels };
  if (what === 'image') {
    return {
      fn: (w, x: tf.Tensor4D) => globalFeatures(w, vision, encodePixels(w, vision, x)),
      inputs: pixels,
    };
  }
  return {
    fn: (w, x: tf.Tensor4D, corners: tf.Tensor2D, image: tf.Tensor1D) => {
      const { rowWeights, columnWeights } = boxWeights(tf.div(corners, patchSize), rows, columns);
      const pooled = roiAlign(dense(w, x), image, rowWeights, columnWeights);
      return tf.reshape(pooled, [boxes, projectionDim]);
    },
    inputs: {
      ...pixels,
      boxes: { shape: [boxes, 4], dtype: 'float32' },
      box_image: { shape: [boxes], dtype: 'int32' },
    },
  };
}

function textEntry(
  { text }: FgClipConfig,
  length: TextLength,
  { batch = 1, tokens = mostTokens(text, length) }: ModelExportOptions,
): Entry {
  if (tokens > mostTokens(text, length)) {
    const most = mostTokens(text, length);
    throw new UserError(
      `A ${length} text of this model has at most ${most} tokens, not ${tokens}.`,
    );
  }
  return {
    fn: (w, ids: tf.Tensor2D) => {
      // The first place of the largest value: the first end, or 0 where there is none.
      const ends = tf.argMax(tf.cast(tf.equal(ids, text.eosId), 'int32'), 1) as tf.Tensor1D;
      return textFeatures(w, text, { ids, ends }, length);
    },
    inputs: { input_ids: { shape: [batch, tokens], dtype: 'int32' } },
  };
}
