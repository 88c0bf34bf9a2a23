import * as tf from '@tensorflow/tfjs-core';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { readFgClipConfig } from '../../src/fgclip/config.js';
import { patchGrid } from '../../src/fgclip/patchGrid.js';
import { embedTokens, finalNorm, textBlock, textFeatures } from '../../src/fgclip/text.js';
import { mostTokens, type TextLength } from '../../src/fgclip/textLength.js';
import {
  denseFeatures,
  embedPatches,
  encodePixels,
  globalFeatures,
  visionBlock,
  visionPositions,
} from '../../src/fgclip/vision.js';
import { jit } from '../../src/jit/index.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { roiAlign } from '../../src/nn/roiAlign.js';
import { roiWeights } from '../../src/nn/roiWeights.js';
import type { Parameters } from '../../src/nn/transformer.js';
import { device } from '../device.js';
import {
  expectWithin,
  goldenFile,
  goldenTensors,
  largestDifference,
  largestMagnitude,
} from '../golden.js';
import { textEnds } from './textEnds.js';

const config = readFgClipConfig(goldenFile('fgclip-tiny', 'config.json'));
const weights = Object.fromEntries(openSafetensors(goldenFile('fgclip-tiny', 'model.safetensors')));
const input = goldenTensors('fgclip-tiny', 'inputs.safetensors');
const output = goldenTensors('fgclip-tiny', 'outputs.safetensors');
const tolerance = 2e-5;

function expectClose(actual: NdArray, name: string): void {
  const expected = output(name);
  const relative = largestDifference(actual, expected) / largestMagnitude(expected);
  expectWithin('fgclip-tiny', name, relative, tolerance);
}

/** Runs a function of the weights and arrays, compiled. */
function run<R>(fn: (parameters: Parameters, ...args: never[]) => R, ...args: NdArray[]) {
  return jit(fn as never, { constants: [weights], device })(...(args as never[])) as Promise<
    Record<string, NdArray>
  >;
}

describe('vision tower', () => {
  test('hidden states, global and dense features at the native size', async () => {
    const found = await run((parameters, pixels: tf.Tensor4D) => {
      const states: Record<string, tf.Tensor> = {};
      let tokens = embedPatches(parameters, config.vision, pixels);
      states['vision.hidden_states.0'] = tokens;
      for (let index = 0; index < config.vision.layers; index++) {
        tokens = visionBlock(parameters, config.vision, index, tokens);
        states[`vision.hidden_states.${index + 1}`] = tokens;
      }
      return { ...states, ...features(parameters, pixels, '') };
    }, input('pixel_values'));
    for (const [name, value] of Object.entries(found)) expectClose(value, name);
    expect(Object.keys(found)).toHaveLength(config.vision.layers + 3);
  });

  const sizes = [...openSafetensors(goldenFile('fgclip-tiny', 'inputs.safetensors')).keys()]
    .map((name) => /^pixel_values_(\d+x\d+)$/.exec(name)?.[1])
    .filter((size) => size !== undefined);

  test.each(sizes)('other resolution %s', async (size) => {
    const found = await run(
      (parameters, pixels: tf.Tensor4D) => {
        let tokens = embedPatches(parameters, config.vision, pixels);
        for (let index = 0; index < config.vision.layers; index++) {
          tokens = visionBlock(parameters, config.vision, index, tokens);
        }
        return {
          [`${size}.vision.last_hidden_state`]: tokens,
          [`${size}.position_embedding`]: visionPositions(
            parameters,
            config.vision,
            patchGrid(pixels.shape, config.vision),
          ),
          ...features(parameters, pixels, `${size}.`),
        };
      },
      input(`pixel_values_${size}`),
    );
    for (const [name, value] of Object.entries(found)) expectClose(value, name);
    expect(Object.keys(found)).toHaveLength(4);
  });

  function features(parameters: Parameters, pixels: tf.Tensor4D, prefix: string) {
    const tokens = encodePixels(parameters, config.vision, pixels);
    return {
      [`${prefix}image_features`]: globalFeatures(parameters, config.vision, tokens),
      [`${prefix}image_dense_features`]: denseFeatures(parameters, config.vision, tokens),
    };
  }

  test('region features', async () => {
    const boxes = input('boxes');
    const [count] = boxes.shape;
    const corners = new Float32Array(count * 4);
    for (let row = 0; row < count; row++) {
      corners.set(boxes.data.subarray(row * 5 + 1, row * 5 + 5), row * 4);
    }
    const images = Int32Array.from({ length: count }, (_, row) => boxes.data[row * 5]);
    const side = config.vision.imageSize / config.vision.patchSize;
    const { rowWeights, columnWeights } = roiWeights(corners, side, side);
    const found = await run(
      (
        parameters,
        pixels: tf.Tensor4D,
        image: tf.Tensor1D,
        rows: tf.Tensor2D,
        columns: tf.Tensor2D,
      ) => {
        const tokens = encodePixels(parameters, config.vision, pixels);
        const dense = denseFeatures(parameters, config.vision, tokens);
        const maps: tf.Tensor4D = tf.reshape(dense, [dense.shape[0], side, side, -1]);
        return {
          image_box_roi_features: tf.reshape(roiAlign(maps, image, rows, columns), [count, -1]),
        };
      },
      input('pixel_values'),
      ndarray(images, [count]),
      ndarray(rowWeights, [count, side]),
      ndarray(columnWeights, [count, side]),
    );
    expectClose(found.image_box_roi_features, 'image_box_roi_features');
  });
});

describe('text tower', () => {
  function encode(name: string, length: TextLength, head: TextLength, mask?: NdArray) {
    const ids = input(name);
    const ends = ndarray(textEnds(ids, config.text.eosId), [ids.shape[0]]);
    const float = mask && ndarray(Float32Array.from(mask.data), mask.shape);
    return run(
      (parameters, tokens: tf.Tensor2D, places: tf.Tensor1D, visible?: tf.Tensor2D) => ({
        features: textFeatures(
          parameters,
          config.text,
          { ids: tokens, ends: places, mask: visible },
          length,
          head,
        ),
      }),
      ids,
      ends,
      ...(float ? [float] : []),
    );
  }

  test.each([
    ['text_features_short', 'text_short_ids', 'short', 'short'],
    ['text_features_long', 'text_long_ids', 'long', 'long'],
    ['text_features_box', 'text_box_ids', 'short', 'short'],
    ['text_features_box_filip', 'text_box_ids', 'short', 'long'],
    ['text_features_no_eos', 'text_no_eos_ids', 'short', 'short'],
  ] as const)('%s', async (name, ids, length, head) => {
    expectClose((await encode(ids, length, head)).features, name);
  });

  test('with an attention mask', async () => {
    const { features } = await encode('text_masked_ids', 'short', 'short', input('attention_mask'));
    expectClose(features, 'text_features_masked');
  });

  test.each(['short', 'long'] as const)('hidden states of %s texts', async (length) => {
    const ids = input(`text_${length}_ids`);
    const found = await run((parameters, tokens: tf.Tensor2D) => {
      const states: Record<string, tf.Tensor> = {};
      let x = embedTokens(parameters, config.text, tokens, length);
      if (length === 'short') states['text_short.hidden_states.0'] = x;
      for (let index = 0; index < config.text.layers; index++) {
        x = textBlock(parameters, config.text, index, x);
        if (length === 'short') states[`text_short.hidden_states.${index + 1}`] = x;
      }
      states[`text_${length}.last_hidden_state`] = finalNorm(parameters, config.text, x);
      return states;
    }, ids);
    for (const [name, value] of Object.entries(found)) expectClose(value, name);
    const last = found[`text_${length}.last_hidden_state`];
    const width = config.text.hiddenSize;
    const ends = textEnds(ids, config.text.eosId);
    const pooled = new Float32Array(ends.length * width);
    ends.forEach((end, row) => {
      const start = (row * ids.shape[1] + end) * width;
      pooled.set(last.data.subarray(start, start + width), row * width);
    });
    expectClose(ndarray(pooled, [ends.length, width]), `text_${length}.pooler_output`);
  });

  test.each(['short', 'long'] as const)(
    '%s texts give the same features without padding',
    async (length) => {
      const ids = input(`text_${length}_ids`);
      const ends = textEnds(ids, config.text.eosId);
      const padded = await encode(`text_${length}_ids`, length, length);
      const full = ids.shape[1];
      const rows = [...ends.keys()].filter((row) => ends[row] < full - 1);
      expect(rows.length).toBeGreaterThan(0);
      const cut = Math.max(...rows.map((row) => ends[row])) + 1;
      const short = new Int32Array(rows.length * cut);
      rows.forEach((row, i) => {
        short.set(ids.data.subarray(row * full, row * full + cut), i * cut);
      });
      const { features } = await run(
        (parameters, tokens: tf.Tensor2D, places: tf.Tensor1D) => ({
          features: textFeatures(parameters, config.text, { ids: tokens, ends: places }, length),
        }),
        ndarray(short, [rows.length, cut]),
        ndarray(
          Int32Array.from(rows, (row) => ends[row]),
          [rows.length],
        ),
      );
      const width = config.projectionDim;
      rows.forEach((row, i) => {
        const a = padded.features.data.subarray(row * width, (row + 1) * width);
        const b = features.data.subarray(i * width, (i + 1) * width);
        a.forEach((value, column) => {
          expect(Math.abs(value - b[column])).toBeLessThan(tolerance);
        });
      });
      expect(cut).toBeLessThan(mostTokens(config.text, length));
    },
  );
});

test('logits of images against texts', async () => {
  for (const length of ['short', 'long'] as const) {
    const ids = input(`text_${length}_ids`);
    const found = await run(
      (parameters, pixels: tf.Tensor4D, tokens: tf.Tensor2D, places: tf.Tensor1D) => {
        const unit = (x: tf.Tensor) => tf.div(x, tf.norm(x, 2, 1, true));
        const images = globalFeatures(
          parameters,
          config.vision,
          encodePixels(parameters, config.vision, pixels),
        );
        const texts = textFeatures(parameters, config.text, { ids: tokens, ends: places }, length);
        return {
          logits: tf.mul(
            tf.matMul(unit(images) as tf.Tensor2D, unit(texts) as tf.Tensor2D, false, true),
            tf.exp(parameters.logit_scale),
          ),
        };
      },
      input('pixel_values'),
      ids,
      ndarray(textEnds(ids, config.text.eosId), [ids.shape[0]]),
    );
    expectClose(found.logits, `logits_per_image_${length}`);
  }
});
