import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';
import { type DynamicArgument, traceDynamic } from '../jit/dynamicShapes.js';
import { type ExportedModel, exportOnnx, refuseTarget } from '../jit/export.js';
import type { Target } from '../jit/graph.js';
import { halved } from '../jit/halfPrecision.js';
import type { NdArray } from '../jit/ndarray.js';
import type { Precision } from '../jit/tracer.js';
import { bilinearWeights } from '../nn/bilinearWeights.js';
import { boxWeights } from '../nn/boxWeights.js';
import { roiAlign } from '../nn/roiAlign.js';
import { type Parameters, parameter } from '../nn/transformer.js';
import type { FgClip2Config } from './config.js';
import type { FgClip2Folder } from './modelFolder.js';
import { tokenTable } from './parameters.js';
import { encodeTexts, textFeatures, textPositions } from './text.js';
import { type TextLength, tokenCount } from './textLength.js';
import { denseFeatures, encodePatches, pooledFeatures, visionPositions } from './vision.js';

const lengths = { text: 'short', 'box-text': 'box', 'long-text': 'long' } as const;

/** What of a model can be exported. */
export const fgclip2Exportables = [
  'image',
  'dense',
  'regions',
  'text',
  'box-text',
  'long-text',
] as const;
export type FgClip2Exportable = (typeof fgclip2Exportables)[number];

export interface FgClip2ExportOptions {
  /** `portable` (default): standard ONNX operators only; or a device of onnxruntime's, with its own operators. */
  target?: Target;
  precision?: Precision;
}

interface Entry {
  fn: (weights: Parameters, ...args: never[]) => tf.Tensor;
  inputs: Record<string, DynamicArgument>;
}

/**
 * Writes one part of a model as `<folder>/<what>.onnx`. Numbers of pictures, rows, columns, boxes and texts are of any size.
 * Inputs, by name:
 * - `patches` float32 [batch, rows, columns, patch values]: pictures of one grid, as `preprocess` makes them;
 * - `boxes` float32 [boxes, 4]: x1, y1, x2, y2 in patches (pixels · columns / width, pixels · rows / height, computed in
 *   double precision), at most twice the grid's size, and `box_image` int32 [boxes]: the picture of the batch that each
 *   box is in;
 * - `input_ids` int32 [batch, tokens], as `textTokens` makes them: always as many tokens, padding included.
 *
 * The output `features` is not L2-normalised: [batch, width]; [batch, rows, columns, width] for `dense`; [boxes, width] for
 * `regions`. The table of tokens has 16 bits in a file of int8, too.
 *
 * @throws UserError when the model lacks the part.
 */
export function exportFgClip2(
  { config, parameters, folder: source }: FgClip2Folder,
  what: FgClip2Exportable,
  folder: string,
  { target = 'portable', precision }: FgClip2ExportOptions = {},
): Promise<ExportedModel> {
  refuseTarget(target, precision);
  if (what === 'image' && !config.vision.hasHead) {
    throw new UserError(`${source} has no head for features of whole pictures.`);
  }
  const { fn, inputs } = entry(config, what);
  const weights: Record<string, NdArray> = Object.fromEntries(parameters);
  if (precision === 'int8') weights[tokenTable] = halved(weights[tokenTable]);
  const trace = traceDynamic(fn as never, Object.values(inputs), {
    constants: [weights],
    name: `${what} features`,
    target,
    precision,
  });
  const names = { inputs: Object.keys(inputs), outputs: ['features'] };
  return exportOnnx(trace, join(folder, `${what}.onnx`), names);
}

function entry(config: FgClip2Config, what: FgClip2Exportable): Entry {
  const { vision } = config;
  if (what in lengths) return textEntry(config, lengths[what as keyof typeof lengths]);
  const values = vision.channels * vision.patchSize ** 2;
  const patches: DynamicArgument = {
    shape: ['batch', 'rows', 'columns', values],
    dtype: 'float32',
  };
  const encode = (w: Parameters, x: tf.Tensor4D) => {
    const [batch, rows, columns] = x.shape;
    const [down, across] = [rows, columns].map((to) => bilinearWeights(vision.positionSide, to));
    const positions = visionPositions(w, vision, down, across);
    return encodePatches(w, vision, tf.reshape(x, [batch, rows * columns, values]), positions);
  };
  const dense = (w: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    const [batch, rows, columns] = x.shape;
    const features = denseFeatures(w, vision, encode(w, x));
    return tf.reshape(features, [batch, rows, columns, vision.hiddenSize]);
  };
  switch (what) {
    case 'image':
      return {
        fn: (w, x: tf.Tensor4D) => pooledFeatures(w, vision, encode(w, x)),
        inputs: { patches },
      };
    case 'dense':
      return { fn: dense, inputs: { patches } };
    default:
      return {
        fn: (w, x: tf.Tensor4D, boxes: tf.Tensor2D, image: tf.Tensor1D) => {
          const { rowWeights, columnWeights } = boxWeights(boxes, x.shape[1], x.shape[2]);
          const pooled = roiAlign(dense(w, x), image, rowWeights, columnWeights);
          return tf.reshape(pooled, [boxes.shape[0], vision.hiddenSize]);
        },
        inputs: {
          patches,
          boxes: { shape: ['boxes', 4], dtype: 'float32' },
          box_image: { shape: ['boxes'], dtype: 'int32' },
        },
      };
  }
}

function textEntry({ text }: FgClip2Config, length: TextLength): Entry {
  return {
    fn: (w, ids: tf.Tensor2D) => {
      const tokens = tf.gather(parameter(w, tokenTable), ids) as tf.Tensor3D;
      const embedded = tf.add<tf.Tensor3D>(tokens, textPositions(w, text, length));
      return textFeatures(w, encodeTexts(w, text, embedded), length);
    },
    inputs: { input_ids: { shape: ['batch', tokenCount(text, length)], dtype: 'int32' } },
  };
}
