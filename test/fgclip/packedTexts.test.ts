import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { configOfSize } from '../../bench/randomModel.js';
import { laySideBySide, type PackedTexts, rowBucket } from '../../src/fgclip/packedTexts.js';
import { initialParameters } from '../../src/fgclip/parameters.js';
import { type TextRows, textFeatures } from '../../src/fgclip/text.js';
import { textBatches } from '../../src/fgclip/textBatches.js';
import { jit } from '../../src/jit/index.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { createRandom } from '../../src/random.js';
import type { Tensors } from '../../training/adamw.js';
import { valueAndGradients } from '../../training/gradients.js';
import { distance, norm } from '../golden.js';

const [begin, end] = [98, 99];
const tiny = configOfSize('tiny');
const config = {
  ...tiny,
  text: { ...tiny.text, vocabSize: 100, bosId: begin, eosId: end, padId: end },
};

/** Texts of 2 to 20 tokens. */
const texts = fc.array(
  fc
    .array(fc.integer({ min: 0, max: 97 }), { maxLength: 18 })
    .map((words) => [begin, ...words, end]),
  { minLength: 1, maxLength: 100 },
);

test('every text lies whole in one row, and no other in its place', () => {
  fc.assert(
    fc.property(texts, (encoded) => {
      const packed = laySideBySide(encoded, config.text, 20);
      const [rows, length] = packed.shape;
      expect(packed.ids.length).toBe(rows * length);
      encoded.forEach((text, index) => {
        const start = packed.segments.indexOf(index);
        const stop = start + text.length;
        expect(Math.floor(start / length)).toBe(Math.floor((stop - 1) / length));
        expect([...packed.ids.subarray(start, stop)]).toEqual(text);
        expect([...packed.positions.subarray(start, stop)]).toEqual([...text.keys()]);
        expect(packed.segments.subarray(start, stop).every((segment) => segment === index)).toBe(
          true,
        );
        expect(packed.ends[index]).toBe(stop - 1);
      });
      const tokens = encoded.reduce((sum, text) => sum + text.length, 0);
      expect(packed.segments.filter((segment) => segment >= 0).length).toBe(tokens);
    }),
  );
});

test('numbers of rows fall into few buckets, a sixteenth apart at most', () => {
  const counts = Array.from({ length: 1000 }, (_, i) => i + 1);
  for (const count of counts) {
    expect(rowBucket(count)).toBeGreaterThanOrEqual(count);
    expect(rowBucket(count)).toBeLessThanOrEqual(count * 1.0625);
  }
  expect(new Set(counts.map(rowBucket)).size).toBeLessThan(120);
});

test('batches hold every text once', () => {
  fc.assert(
    fc.property(texts, (encoded) => {
      const batches = textBatches(encoded, config.text);
      const order = batches.flatMap((batch) => batch.texts);
      expect(order.sort((a, b) => a - b)).toEqual([...encoded.keys()]);
      for (const batch of batches) {
        expect(batch.ends.length).toBeGreaterThanOrEqual(batch.texts.length);
        expect(batch.ends.length).toBe((batch.shape[0] * batch.shape[1]) / 4);
      }
    }),
  );
});

test('side by side, texts have the features and gradients they have alone', async () => {
  const weights = Object.fromEntries(initialParameters(config, createRandom(0)));
  const random = createRandom(1);
  const encoded = [3, 9, 20, 5, 14, 2].map((length) => [
    begin,
    ...Array.from({ length: length - 2 }, () => random.integer(98)),
    end,
  ]);
  const packed = laySideBySide(encoded, config.text, 24);
  const padded = laySideBySide(encoded, config.text, 20, () => encoded.length);
  const rows = ({ shape, ids, segments, positions, ends }: PackedTexts) => ({
    ids: ndarray(ids, shape),
    ends: ndarray(ends, [ends.length]),
    packing: { segments: ndarray(segments, shape), positions: ndarray(positions, shape) },
  });
  const inOwnRows = Int32Array.from(
    { length: 6 * 20 },
    (_, i) => encoded[(i / 20) | 0][i % 20] ?? end,
  );
  const alone = {
    ids: ndarray(inOwnRows, [6, 20]),
    ends: ndarray(
      Int32Array.from(encoded, (text) => text.length - 1),
      [6],
    ),
  };
  for (const length of ['short', 'long'] as const) {
    const features = jit((parameters: Tensors, texts: TextRows) =>
      valueAndGradients((tensors) => {
        const found = textFeatures(tensors, config.text, texts, length);
        // Any function of the features in which no two count the same.
        const weighting = tf.reshape(tf.range(0, found.size), found.shape);
        return { found, total: tf.sum(tf.mul(found, tf.sin(weighting))) as tf.Scalar };
      }, parameters),
    );
    const expected = await features(weights, alone);
    for (const texts of [packed, padded]) {
      const result = await features(weights, rows(texts));
      expect(distance(result.value.found, expected.value.found)).toBeLessThan(
        1e-5 * norm(expected.value.found),
      );
      for (const [name, gradient] of Object.entries(expected.gradients)) {
        const off = distance(result.gradients[name], gradient);
        const allowed = name.endsWith('k_proj.bias') ? 1e-4 : 1e-4 * norm(gradient);
        expect({ name, ok: off <= allowed, off, allowed }).toMatchObject({ name, ok: true });
      }
    }
    await features.dispose();
  }
});
