import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { UserError } from '../../src/errors.js';
import { type Exportable, exportModel, type ModelExportOptions } from '../../src/fgclip/export.js';
import { FgClip } from '../../src/fgclip/model.js';
import { loadModelFolder, type ModelFolder } from '../../src/fgclip/modelFolder.js';
import { textFeatures } from '../../src/fgclip/text.js';
import { jit, type NdArray, ndarray } from '../../src/jit/index.js';
import { goldenFile, goldenTensors, largestDifference, largestMagnitude } from '../golden.js';
import { textEnds } from './textEnds.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-export-model-'));
let model: ModelFolder;
let fgclip: FgClip;
beforeAll(async () => {
  model = await loadModelFolder(dirname(goldenFile('fgclip-tiny', 'config.json')));
  fgclip = new FgClip(model);
});
afterAll(async () => {
  await fgclip.dispose();
  rmSync(folder, { recursive: true });
});

const images = goldenTensors('fgclip-tiny-train', 'inputs.safetensors')('main.image');
const pixels = (count: number) => {
  const [, ...picture] = images.shape;
  const size = picture.reduce((a, b) => a * b, 1);
  return ndarray(images.data.slice(0, count * size), [count, ...picture]);
};

async function run(
  what: Exportable,
  inputs: Record<string, NdArray>,
  options: ModelExportOptions = {},
): Promise<NdArray> {
  const { file } = await exportModel(model, what, folder, options);
  const session = await ort.InferenceSession.create(file);
  expect([...session.inputNames].sort()).toEqual(Object.keys(inputs).sort());
  const feeds = Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
    name,
    new ort.Tensor(dtype, data as never, shape),
  ]);
  const { features } = await session.run(Object.fromEntries(feeds));
  await session.release();
  return ndarray(features.data as Float32Array, features.dims);
}

function expectClose(found: NdArray, expected: NdArray, tolerance = 2e-5): void {
  const allowed = tolerance * largestMagnitude(expected);
  expect(largestDifference(found, expected)).toBeLessThanOrEqual(allowed);
}

describe('an exported file gives the features of the model', () => {
  test('image', async () => {
    const two = pixels(2);
    expectClose(await run('image', { pixels: two }, { batch: 2 }), await fgclip.imageFeatures(two));
  });

  test('dense, for pictures of another shape', async () => {
    const wide = ndarray(pixels(1).data.slice(0, 3 * 48 * 80), [1, 3, 48, 80]);
    const found = await run('dense', { pixels: wide }, { size: [80, 48] });
    expectClose(found, await fgclip.denseFeatures(wide));
  });

  test('regions, with boxes in pixels', async () => {
    const corners = [
      [0, 0, 96, 96],
      [10, 20, 50, 33],
      [40.5, 7.25, 90, 80],
      [30, 30, 30, 60],
      [-20, 50, 200, 120],
    ];
    const image = Int32Array.of(0, 1, 1, 0, 1);
    const found = await run(
      'regions',
      {
        pixels: pixels(2),
        boxes: ndarray(Float32Array.from(corners.flat()), [5, 4]),
        box_image: ndarray(image, [5]),
      },
      { batch: 2, boxes: 5 },
    );
    const { patchSize } = model.config.vision;
    const inCells = corners.flatMap((box, i) => [image[i], ...box.map((x) => x / patchSize)]);
    const expected = await fgclip.regionFeatures(
      pixels(2),
      ndarray(Float32Array.from(inCells), [5, 5]),
    );
    expectClose(found, expected);
  });

  test.each(['text', 'long-text'] as const)('%s', async (what) => {
    const { eosId, bosId } = model.config.text;
    const rows = [
      [bosId, 5, 6, 7, eosId, eosId, eosId, eosId],
      [bosId, 9, 8, 7, 6, 5, 4, eosId],
    ];
    const ids = (row: number[], length: number) => [
      ...row,
      ...Array(length - row.length).fill(eosId),
    ];
    const features = (length: number) =>
      run(
        what,
        {
          input_ids: ndarray(Int32Array.from(rows.flatMap((row) => ids(row, length))), [2, length]),
        },
        { batch: 2, tokens: length },
      );
    // Padding behind the end changes nothing.
    expectClose(await features(8), await features(40));
  });

  test('texts, pooled at their first end', async () => {
    const ids = goldenTensors('fgclip-tiny-train', 'inputs.safetensors')('main.text_long');
    const [texts, tokens] = ids.shape;
    const found = await run('long-text', { input_ids: ids }, { batch: texts, tokens });
    const compiled = jit((w: Record<string, tf.Tensor>, rows: tf.Tensor2D, ends: tf.Tensor1D) =>
      textFeatures(w, model.config.text, { ids: rows, ends }, 'long'),
    );
    const ends = ndarray(textEnds(ids, model.config.text.eosId), [texts]);
    expectClose(found, await compiled(Object.fromEntries(model.parameters), ids, ends));
    await compiled.dispose();
  });

  test('int8 is smaller and close', async () => {
    const found = await run('image', { pixels: pixels(1) }, { precision: 'int8' });
    expectClose(found, await fgclip.imageFeatures(pixels(1)), 0.1);
  });
});

test.each([
  ['image', { size: [100, 96] }, /100x96 pixels do not divide into this model's patches of 16/],
  ['text', { tokens: 78 }, /at most 77 tokens, not 78/],
  ['long-text', { tokens: 249 }, /at most 248 tokens, not 249/],
  ['image', { target: 'tfjs-node' }, /tfjs-node .* has no ONNX files of its own/],
  ['image', { precision: 'int8', target: 'webgpu' }, /int8 is for the targets portable and cpu/],
] as const)('%s with %j is refused', async (what, options, message) => {
  const attempt = exportModel(model, what, folder, options as unknown as ModelExportOptions);
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toBeInstanceOf(UserError);
});
