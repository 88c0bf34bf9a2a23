import * as tf from '@tensorflow/tfjs-core';
import { modelFunctions } from '../../src/fgclip2/functions.js';
import { FgClip2 } from '../../src/fgclip2/model.js';
import { type FgClip2Folder, loadFgClip2Folder } from '../../src/fgclip2/modelFolder.js';
import { tokenTable } from '../../src/fgclip2/parameters.js';
import { TokenEmbeddings } from '../../src/fgclip2/tokenEmbeddings.js';
import { inBatches } from '../../src/inBatches.js';
import { jit } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { traceArrays } from '../../src/jit/traceArrays.js';
import type { Parameters } from '../../src/nn/transformer.js';
import { productFlops } from '../flops.js';
import { serveRuns } from '../serveRuns.js';
import { cases, type PictureCase, type TextCase } from './cases.js';
import { readInputs, readPictures } from './inputs.js';

/** As `FgClip2` has them together. */
const tokensTogether = 1024;

type Fn = (weights: Parameters, x: tf.Tensor3D) => tf.Tensor;

/** The products of a function of one argument. */
function flopsOf(fn: Fn, model: Record<string, NdArray>, shape: number[]): number {
  const x = ndarray(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const options = { constants: [model], target: 'cpu', name: 'case' } as const;
  return productFlops(traceArrays(fn as never, [x], options).graph);
}

/** The columns of features summed: a few results, which the driver compares with PyTorch's. */
function sums(parts: readonly NdArray[], width: number): number[] {
  const all = new Array<number>(width).fill(0);
  for (const { data } of parts) {
    data.forEach((value, i) => {
      all[i % width] += value;
    });
  }
  return all;
}

function pictureCase({ part, limit, count }: PictureCase, model: FgClip2Folder, inputs: string) {
  const { config } = model;
  const grid = readInputs(inputs).grids[limit];
  const pictures = readPictures(inputs, grid, count);
  const fgclip2 = new FgClip2(model, { threads });
  const functions = modelFunctions(config);
  const places = grid.rows * grid.columns;
  const { hiddenSize: width } = config.vision;
  const fn: Fn = (w, patches) => {
    const { tokens } = functions.encodePatches(w, patches, tf.zeros([places, width]));
    return functions[`${part}Features`](w, tokens);
  };
  return {
    flops: count * flopsOf(fn, Object.fromEntries(model.parameters), [1, places, 768]),
    async run() {
      const features = await fgclip2[`${part}Features`](pictures);
      return sums([features].flat(), width);
    },
  };
}

function textCase({ part, count }: TextCase, model: FgClip2Folder, inputs: string) {
  const { config, parameters } = model;
  const texts = readInputs(inputs)[part].map((ids) => Int32Array.from(ids));
  const embeddings = new TokenEmbeddings(parameters, config.text);
  const functions = modelFunctions(config);
  const weights = Object.fromEntries([...parameters].filter(([name]) => name !== tokenTable));
  const fn: Fn = (w, tokens) => functions[`${part}Texts`](w, functions.encodeTexts(w, tokens));
  const encode = jit(fn as never, { constants: [weights], threads }) as unknown as (
    tokens: NdArray,
  ) => Promise<NdArray>;
  const width = config.text.hiddenSize;
  return {
    flops: count * flopsOf(fn, weights, [1, texts[0].length, width]),
    async run() {
      const parts: NdArray[] = [];
      for (const batch of inBatches(texts, Math.floor(tokensTogether / texts[0].length))) {
        parts.push(await encode(embeddings.embed(batch, part)));
      }
      return sums(parts, width);
    },
  };
}

// Runs one case: node worker.js CASE MODEL_FOLDER INPUTS_FOLDER THREADS.
const [name, folder, inputs, given] = process.argv.slice(2);
const threads = Number(given);
const benchCase = cases.find((known) => known.name === name)!;
const model = await loadFgClip2Folder(folder);
await serveRuns(
  'limit' in benchCase ? pictureCase(benchCase, model, inputs) : textCase(benchCase, model, inputs),
);
