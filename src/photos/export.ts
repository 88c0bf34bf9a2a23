import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';
import { type ExportedModel, type ExportOptions, exportOnnx, refuseTarget } from '../jit/export.js';
import type { Target } from '../jit/graph.js';
import type { DType } from '../jit/ndarray.js';
import { placeholder } from '../jit/placeholder.js';
import { traceArrays } from '../jit/traceArrays.js';
import type { Precision } from '../jit/tracer.js';
import { dequantised } from '../nn/quantised.js';
import { type Parameters, parameter } from '../nn/transformer.js';
import { strides } from './boxArchitecture.js';
import { boxMaps } from './boxes.js';
import type { PhotosConfig } from './config.js';
import { cropAnswers } from './crops.js';
import type { PhotosFolder } from './modelFolder.js';
import { textMeans } from './text.js';

/** The networks of a model for photographs. */
export const photosExportables = ['boxes', 'crops', 'text'] as const;
export type PhotosExportable = (typeof photosExportables)[number];

export interface PhotosExportOptions {
  /** Pictures, crops or texts of one run; default 1. */
  batch?: number;
  /** Tokens of a text; default 32. */
  tokens?: number;
  /** `portable` (default): standard ONNX operators only; or a device of onnxruntime's, with its own operators. */
  target?: Target;
  precision?: Precision;
}

interface Entry {
  fn: (weights: Parameters, input: never) => unknown;
  input: string;
  shape: number[];
  dtype: DType;
  outputs: string[];
}

const defaultTokens = 32;

/**
 * Writes one network of a model for photographs as `<folder>/<what>.onnx`. Shapes are fixed.
 * - `boxes`: `pixels` float32 [batch, 3, 416, 416], (RGB − [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375], the
 *   picture squashed; out come `stride_8`, `stride_16`, `stride_32` as `boxMaps` has them.
 * - `crops`: `pixels` float32 [batch, 3, 224, 224], (RGB − 127) / 128; out come `features` and `probabilities`.
 * - `text`: `input_ids` int32 [batch, tokens], padded with 0; out come `vectors` [batch, width], which are neither
 *   centred nor of length one.
 * @throws UserError when a size does not suit the model.
 */
export function exportPhotos(
  { config, parameters }: PhotosFolder,
  what: PhotosExportable,
  folder: string,
  options: PhotosExportOptions = {},
): Promise<ExportedModel> {
  const { target = 'portable', precision } = options;
  refuseTarget(target, precision);
  const { fn, input, shape, dtype, outputs } = entry(config, what, options);
  const trace = traceArrays(fn as never, [placeholder(shape, dtype)], {
    constants: [Object.fromEntries(parameters)],
    name: `the network for ${what}`,
    target,
    precision,
  });
  const names: ExportOptions = { inputs: [input], outputs };
  return exportOnnx(trace, join(folder, `${what}.onnx`), names);
}

function entry(
  config: PhotosConfig,
  what: PhotosExportable,
  { batch = 1, tokens = defaultTokens }: PhotosExportOptions,
): Entry {
  const picture = (side: number) => ({
    ...{ input: 'pixels', shape: [batch, 3, side, side], dtype: 'float32' as const },
  });
  switch (what) {
    case 'boxes':
      return {
        ...picture(config.boxes.side),
        fn: (w, x: tf.Tensor4D) => boxMaps(w, x),
        outputs: strides.map((stride) => `stride_${stride}`),
      };
    case 'crops':
      return {
        ...picture(config.crops.side),
        fn: (w, x: tf.Tensor4D) => cropAnswers(w, config.crops, x),
        outputs: ['features', 'probabilities'],
      };
    case 'text': {
      const { positions } = config.text;
      if (tokens > positions) {
        throw new UserError(`A text of this model has at most ${positions} tokens, not ${tokens}.`);
      }
      return {
        ...{ input: 'input_ids', shape: [batch, tokens], dtype: 'int32' },
        fn: (w, ids: tf.Tensor2D) => vectorsOf(w, config, ids),
        outputs: ['vectors'],
      };
    }
  }
}

/** `textMeans` of texts in rows of their own, with the table of words in the graph. */
function vectorsOf(stored: Parameters, { text }: PhotosConfig, ids: tf.Tensor2D): tf.Tensor2D {
  const [batch, tokens] = ids.shape;
  const weights = dequantised(stored);
  const table = (name: string) => parameter<tf.Tensor2D>(weights, `text.embeddings.${name}.weight`);
  const words = tf.gather(table('word_embeddings'), tf.reshape(ids, [-1]));
  const places = tf.slice(table('position_embeddings'), [0, 0], [tokens, -1]);
  const typed = tf.add(places, table('token_type_embeddings'));
  const embedded = tf.add<tf.Tensor2D>(words, tf.tile(typed as tf.Tensor2D, [batch, 1]));
  const rows = tf.reshape(tf.range(0, batch, 1, 'int32'), [batch, 1]);
  const own = tf.tile(rows as tf.Tensor2D, [1, tokens]);
  const segments = tf.where(tf.equal(ids, 0), tf.fill(own.shape, -1, 'int32'), own);
  // One-hot vectors have two places at least.
  const slots = Math.max(batch, 2);
  const row = tf.reshape(segments, [-1]) as tf.Tensor1D;
  return tf.slice(textMeans(stored, text, embedded, row, slots), [0, 0], [batch, -1]);
}
