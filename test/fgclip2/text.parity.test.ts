import type * as tf from '@tensorflow/tfjs-core';
import { encodeTexts, finalNorm, textBlock, textFeatures } from '../../src/fgclip2/text.js';
import type { TextLength } from '../../src/fgclip2/textLength.js';
import { TokenEmbeddings } from '../../src/fgclip2/tokenEmbeddings.js';
import { largestDifference } from '../golden.js';
import { config, expectClose, input, output, outputNames, run, weights } from './goldenModel.js';

const { text } = config;
const embeddings = new TokenEmbeddings(weights, text);

/** The golden's texts of a length. */
function texts(length: TextLength): Int32Array[] {
  const { data, shape } = input(`text_${length}_ids`);
  const [rows, count] = shape;
  return Array.from({ length: rows }, (_, row) =>
    Int32Array.from(data.subarray(row * count, (row + 1) * count)),
  );
}

test.each<TextLength>(['short', 'box', 'long'])('features of %s texts', async (length) => {
  const { features } = await run(
    (w, tokens: tf.Tensor3D) => ({
      features: textFeatures(w, encodeTexts(w, text, tokens), length),
    }),
    embeddings.embed(texts(length), length),
  );
  expectClose(features, `text_features_${length}`);
  if (length !== 'short') return;
  const wrong = output('mistake.text_features_short_with_mask');
  expect(largestDifference(features, wrong)).toBeGreaterThan(1e-2);
});

describe('on the way', () => {
  test.each<TextLength>(['short', 'long'])('of a %s text', async (length) => {
    const [first] = texts(length);
    const embedded = embeddings.embed([first], length);
    const steps = `steps.${length}.text`;
    expectClose(embedded, `${steps}.embeddings`);
    const found = await run((w, tokens: tf.Tensor3D) => {
      const states: Record<string, tf.Tensor> = {};
      let x = tokens;
      for (let index = 0; index < text.layers; index++) {
        x = textBlock(w, text, index, x);
        states[`${steps}.layers.${index}`] = x;
      }
      return { ...states, [`${steps}.final_layer_norm`]: finalNorm(w, text, x) };
    }, embedded);
    const names = Object.keys(found).filter((name) => outputNames.includes(name));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expectClose(found[name], name);
  });
});
