import type * as tf from '@tensorflow/tfjs-core';
import { loadModelFolder, type ModelFolder } from '../src/fgclip/modelFolder.js';
import { type FgClipBatch, fgclipObjective } from '../src/fgclip/objective.js';
import { textFeatures } from '../src/fgclip/text.js';
import { textBatches } from '../src/fgclip/textBatches.js';
import type { TextLength } from '../src/fgclip/textLength.js';
import { denseFeatures, encodePixels, globalFeatures } from '../src/fgclip/vision.js';
import { type Arrays, jit } from '../src/jit/jit.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { traceArrays } from '../src/jit/traceArrays.js';
import { objectiveLosses } from '../src/nn/objective.js';
import type { Parameters } from '../src/nn/transformer.js';
import { alone } from '../src/ranks/ranks.js';
import type { TrainState } from '../training/optimizer.js';
import { wrapped } from '../training/plainArrays.js';
import { createTrainStep } from '../training/step.js';
import type { TrainingBatch } from '../training/stepOptions.js';
import type { CaseName } from './cases.js';
import { productFlops } from './flops.js';
import { type Inputs, packSamples, readInputs } from './inputs.js';
import { type Prepared, serveRuns } from './serveRuns.js';

type Model = ModelFolder & { weights: Record<string, NdArray> };

function imageCase(model: Model, pixels: NdArray, count: number, dense: boolean, threads: number) {
  const { vision } = model.config;
  const values = pixels.data.subarray(0, (pixels.size / pixels.shape[0]) * count);
  const images = ndarray(values, [count, ...pixels.shape.slice(1)]);
  const features = dense ? denseFeatures : globalFeatures;
  return inference(
    model,
    (weights, ...[given]: tf.Tensor[]) =>
      features(weights, vision, encodePixels(weights, vision, given as tf.Tensor4D)),
    [{ inputs: [images], rows: Number.POSITIVE_INFINITY }],
    threads,
  );
}

function textCase(model: Model, texts: number[][], length: TextLength, threads: number) {
  const { text } = model.config;
  const batches = textBatches(texts, text);
  return inference(
    model,
    (weights, ...[ids, ends, segments, positions]: tf.Tensor[]) =>
      textFeatures(
        weights,
        text,
        {
          ids: ids as tf.Tensor2D,
          ends: ends as tf.Tensor1D,
          packing: { segments: segments as tf.Tensor2D, positions: positions as tf.Tensor2D },
        },
        length,
      ),
    batches.map(({ ids, ends, segments, positions, shape, texts: own }) => ({
      inputs: [
        ndarray(ids, shape),
        ndarray(ends, [ends.length]),
        ndarray(segments, shape),
        ndarray(positions, shape),
      ],
      rows: own.length,
    })),
    threads,
  );
}

interface Call {
  inputs: NdArray[];
  /** Rows of the result that count; those behind are padding. */
  rows: number;
}

function inference(
  model: Model,
  fn: (weights: Parameters, ...inputs: tf.Tensor[]) => tf.Tensor,
  calls: Call[],
  threads: number,
): Prepared {
  const { weights } = model;
  const flops = calls.map(({ inputs }) =>
    productFlops(
      traceArrays(fn as never, inputs, { constants: [weights], target: 'cpu', name: 'case' }).graph,
    ),
  );
  const compiled = jit(fn as never, { constants: [weights], threads }) as unknown as (
    ...inputs: NdArray[]
  ) => Promise<NdArray>;
  return {
    async run() {
      const sums = new Array<number>(model.config.projectionDim).fill(0);
      for (const { inputs, rows } of calls) {
        const { data } = await compiled(...inputs);
        data.subarray(0, rows * sums.length).forEach((value, i) => {
          sums[i % sums.length] += value;
        });
      }
      return sums;
    },
    flops: flops.reduce((sum, count) => sum + count),
  };
}

function trainingCase(
  { config, weights }: Model,
  inputs: Inputs & { pixels: NdArray },
  threads: number,
): Prepared {
  const { pixels, samples, learningRate } = inputs;
  const packed = wrapped<TrainingBatch>(packSamples(samples, config));
  const batch = { ...packed, pixels } as Arrays<FgClipBatch>;
  const losses = { regionalWeight: 0.1, hardWeight: 0.5 };
  const objective = fgclipObjective(config, losses);
  const forward = (parameters: Parameters, given: FgClipBatch) =>
    objectiveLosses(objective, parameters, given).total;
  const { graph } = traceArrays(forward as never, [weights, batch as never], {
    target: 'cpu',
    name: 'the losses',
  });
  const step = createTrainStep(
    { family: 'fgclip', config },
    {
      ...losses,
      device: 'cpu',
      threads,
      ...{ batch: 1, microBatch: 1, regionBatch: 1, ranks: alone },
      weightDecay: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      clipNorm: null,
    },
  );
  let state: TrainState = {
    parameters: weights,
    first: map(weights, ({ size, shape }) => ndarray(new Float32Array(size), shape)),
    second: map(weights, ({ size, shape }) => ndarray(new Float32Array(size), shape)),
    step: 0,
  };
  return {
    async run() {
      const result = await step.run(state, () => [batch], learningRate);
      state = result.state;
      const { imageTextLong, imageTextShort, regional, hardNegative } = result.losses;
      return [imageTextLong, imageTextShort, regional!, hardNegative!];
    },
    // Each product of the forward pass has two in the backward pass.
    flops: 3 * productFlops(graph),
  };
}

function map<T, R>(record: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function prepare(
  name: CaseName,
  model: Model,
  inputs: Inputs & { pixels: NdArray },
  threads: number,
) {
  switch (name) {
    case 'image1':
      return imageCase(model, inputs.pixels, 1, false, threads);
    case 'image8':
      return imageCase(model, inputs.pixels, 8, false, threads);
    case 'dense':
      return imageCase(model, inputs.pixels, 8, true, threads);
    case 'short':
      return textCase(model, inputs.short, 'short', threads);
    case 'long':
      return textCase(model, inputs.long, 'long', threads);
    case 'train':
      return trainingCase(model, inputs, threads);
  }
}

// Runs one case: node worker.js CASE MODEL_FOLDER INPUTS_FOLDER THREADS.
const [name, folder, inputsFolder, threads] = process.argv.slice(2);
const opened = await loadModelFolder(folder);
const model = { ...opened, weights: Object.fromEntries(opened.parameters) };
await serveRuns(prepare(name as CaseName, model, readInputs(inputsFolder), Number(threads)));
