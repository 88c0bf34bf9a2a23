import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { shippedModel } from '../../src/modelFamily.js';
import { exportPhotos } from '../../src/photos/export.js';
import { PhotosModel } from '../../src/photos/model.js';
import { openPhotosFolder } from '../../src/photos/modelFolder.js';
import { loadTokenizer } from '../../src/text/tokenizer.js';
import { unitVectors } from '../../src/unitVectors.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-export-'));
const opened = openPhotosFolder(shippedModel);
const model = new PhotosModel(opened);
afterAll(async () => {
  await model.dispose();
  rmSync(folder, { recursive: true });
});

test('exported texts are those of the model, padded or not', async () => {
  const texts = ['a cup of coffee', 'a dog'];
  const tokens = 12;
  const { file, inputs, outputs } = await exportPhotos(opened, 'text', folder, {
    ...{ batch: texts.length, tokens },
  });
  expect([...inputs, ...outputs].map(({ name, shape }) => [name, shape])).toEqual([
    ['input_ids', [2, 12]],
    ['vectors', [2, 384]],
  ]);
  const tokenizer = await loadTokenizer(shippedModel);
  const ids = new Int32Array(texts.length * tokens);
  tokenizer.encode(texts, { maxLength: tokens }).forEach((own, i) => {
    ids.set(own, i * tokens);
  });
  const session = await InferenceSession.create(file);
  const { vectors } = await session.run({ input_ids: new Tensor('int32', ids, [2, tokens]) });
  await session.release();
  const expected = await model.textVectors(texts);
  const units = unitVectors(vectors.data as Float32Array, 384);
  expect(Math.max(...units.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-5);
});

test('exported crops are those of the model', async () => {
  const side = opened.config.crops.side;
  const data = Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 31) % 251);
  const { file } = await exportPhotos(opened, 'crops', folder);
  const session = await InferenceSession.create(file);
  const area = side * side;
  const pixels = Float32Array.from(
    { length: 3 * area },
    (_, i) => (data[3 * (i % area) + Math.floor(i / area)] - 127) / 128,
  );
  const { probabilities } = await session.run({
    pixels: new Tensor('float32', pixels, [1, 3, side, side]),
  });
  await session.release();
  const expected = await model.classifyCrops([{ width: side, height: side, data }]);
  const found = probabilities.data as Float32Array;
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-4);
});

test('a text that is too long is refused', () => {
  expect(() => exportPhotos(opened, 'text', folder, { tokens: 1000 })).toThrow(
    /at most 256 tokens/,
  );
});
