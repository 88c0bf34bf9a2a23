import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import {
  exportFgClip2,
  type FgClip2Exportable,
  type FgClip2ExportOptions,
} from '../../src/fgclip2/export.js';
import { FgClip2 } from '../../src/fgclip2/model.js';
import { type FgClip2Folder, loadFgClip2Folder } from '../../src/fgclip2/modelFolder.js';
import { tokenTable } from '../../src/fgclip2/parameters.js';
import type { PatchedPicture } from '../../src/fgclip2/preprocess.js';
import type { TextLength } from '../../src/fgclip2/textLength.js';
import { loadTextTokenizer, textTokens } from '../../src/fgclip2/textTokens.js';
import { halved } from '../../src/jit/halfPrecision.js';
import { type NdArray, ndarray } from '../../src/jit/index.js';
import { createRandom } from '../../src/random.js';
import { largestDifference, largestMagnitude } from '../golden.js';
import { writeTinyFgClip2 } from './tinyFolder.js';

const output = mkdtempSync(join(tmpdir(), 'fgdet-export-fgclip2-'));
let folder: string;
let model: FgClip2Folder;
let fgclip2: FgClip2;
beforeAll(async () => {
  folder = await writeTinyFgClip2();
  model = await loadFgClip2Folder(folder);
  fgclip2 = new FgClip2(model);
});
afterAll(async () => {
  await fgclip2.dispose();
  for (const each of [folder, output]) rmSync(each, { recursive: true });
});

const random = createRandom(3);
const patchSize = 4;
const patchValues = 3 * patchSize ** 2;

function picture(rows: number, columns: number): PatchedPicture {
  const patches = Float32Array.from({ length: rows * columns * patchValues }, () =>
    random.normal(),
  );
  return { rows, columns, patches, width: patchSize * columns, height: patchSize * rows };
}

function batchOf(pictures: readonly PatchedPicture[]): NdArray {
  const [{ rows, columns }] = pictures;
  const values = pictures.flatMap(({ patches }) => [...patches]);
  return ndarray(Float32Array.from(values), [pictures.length, rows, columns, patchValues]);
}

/** Opens a file once and runs it for each of some inputs. */
async function run(
  what: FgClip2Exportable,
  all: readonly Record<string, NdArray>[],
  options?: FgClip2ExportOptions,
): Promise<NdArray[]> {
  const { file } = await exportFgClip2(model, what, output, options);
  const session = await ort.InferenceSession.create(file);
  const results: NdArray[] = [];
  for (const inputs of all) {
    expect([...session.inputNames].sort()).toEqual(Object.keys(inputs).sort());
    const feeds = Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
      name,
      new ort.Tensor(dtype, data as never, shape),
    ]);
    const { features } = await session.run(Object.fromEntries(feeds));
    results.push(ndarray(features.data as Float32Array, features.dims));
  }
  await session.release();
  return results;
}

function expectClose(found: NdArray, expected: NdArray, tolerance = 2e-5): void {
  expect(largestDifference(found, expected)).toBeLessThanOrEqual(tolerance);
}

const targets = ['portable', 'cpu'] as const;
// One larger than the stored grid of positions, one of a single row, one of one patch.
const grids = [
  [[5, 7], 2],
  [[19, 3], 1],
  [[1, 6], 3],
  [[1, 1], 1],
] as const;
const batches = grids.map(([[rows, columns], count]) =>
  Array.from({ length: count }, () => picture(rows, columns)),
);

describe.each(targets)('one file for %s takes pictures of any grid and number', (target) => {
  const inputs = batches.map((pictures) => ({ patches: batchOf(pictures) }));

  test('image', async () => {
    const found = await run('image', inputs, { target });
    for (const [i, batch] of batches.entries()) {
      expectClose(found[i], await fgclip2.imageFeatures(batch));
    }
  });

  test('dense', async () => {
    const found = await run('dense', inputs, { target });
    for (const [i, batch] of batches.entries()) {
      const [, rows, columns, width] = found[i].shape;
      const maps = await fgclip2.denseFeatures(batch);
      const expected = maps.flatMap(({ data }) => [...data]);
      const shape = [batch.length, rows, columns, width];
      expectClose(found[i], ndarray(Float32Array.from(expected), shape));
    }
  });

  test('regions, with boxes in patches', async () => {
    const corners = [
      [0, 0, 1, 1],
      [0.11, 0.2, 0.5, 0.33],
      [0.45, 0.07, 0.9, 0.8],
      [0.3, 0.3, 0.3, 0.6],
      [-0.2, 0.5, 1.6, 1.2],
    ];
    const given = batches.map((pictures) => {
      const [{ rows, columns }] = pictures;
      const boxes = corners.flatMap(([a, b, c, d]) => [
        ...[a * columns, b * rows, c * columns, d * rows],
      ]);
      const image = corners.map((_, i) => i % pictures.length);
      return {
        patches: batchOf(pictures),
        boxes: ndarray(Float32Array.from(boxes), [5, 4]),
        box_image: ndarray(Int32Array.from(image), [5]),
      };
    });
    const found = await run('regions', given, { target });
    for (const [i, pictures] of batches.entries()) {
      const [{ width, height }] = pictures;
      const own = pictures.map((_, image) =>
        corners
          .filter((_, box) => box % pictures.length === image)
          .map(([a, b, c, d]) => [a * width, b * height, c * width, d * height] as const),
      );
      const features = await fgclip2.regionFeatures(pictures, own as never);
      const expected = corners.flatMap((_, box) => {
        const { data, shape } = features[box % pictures.length];
        const row = Math.floor(box / pictures.length);
        return [...data.subarray(row * shape[1], (row + 1) * shape[1])];
      });
      expectClose(found[i], ndarray(Float32Array.from(expected), found[i].shape));
    }
  });
});

const parts: [FgClip2Exportable, TextLength][] = [
  ['text', 'short'],
  ['box-text', 'box'],
  ['long-text', 'long'],
];
const texts = ['a red fire engine', '一只狗', 'x'];

function tokens(length: TextLength, some: readonly string[]): NdArray {
  const { text } = model.config;
  const count = length === 'long' ? text.longPositions : text.positions;
  const tokenizer = loadTextTokenizer(folder, text);
  const ids = some.flatMap((each) => [...textTokens(tokenizer, each, count)]);
  return ndarray(Int32Array.from(ids), [some.length, count]);
}

test.each(parts)('%s, of any number of texts', async (what, length) => {
  const given = [texts, texts.slice(0, 1)];
  const inputs = given.map((some) => ({ input_ids: tokens(length, some) }));
  const found = await run(what, inputs);
  for (const [i, some] of given.entries()) {
    expectClose(found[i], await fgclip2.textFeatures(some, { length }));
  }
});

// A value that rounds to another byte, after float32 sums of another order, shows in features of up to 6.
describe.each([
  ['float16', 2e-5],
  ['int8', 0.1],
] as const)('in %s', (precision, tolerance) => {
  test.each(targets)('a file for %s gives what the model gives in process', async (target) => {
    // A file has the table of tokens in 16 bits; in process its rows are read as they are stored.
    const table = [tokenTable, halved(model.parameters.get(tokenTable)!)] as const;
    const parameters = new Map([...model.parameters, table]);
    const here = new FgClip2({ ...model, parameters }, { precision });
    const [pictures] = batches;
    const [image] = await run('image', [{ patches: batchOf(pictures) }], { target, precision });
    expectClose(image, await here.imageFeatures(pictures), tolerance);
    const [text] = await run('text', [{ input_ids: tokens('short', texts) }], {
      target,
      precision,
    });
    expectClose(text, await here.textFeatures(texts), tolerance);
    const exact = await fgclip2.imageFeatures(pictures);
    expectClose(image, exact, 0.1 * largestMagnitude(exact));
    await here.dispose();
  });
});

test.each([
  ['image', { target: 'tfjs-node' }, /tfjs-node .* has no ONNX files of its own/],
  ['text', { precision: 'int8', target: 'webgpu' }, /int8 is for the targets portable and cpu/],
] as const)('%s with %j is refused', (what, options, message) => {
  expect(() => exportFgClip2(model, what, output, options as FgClip2ExportOptions)).toThrow(
    message,
  );
});
