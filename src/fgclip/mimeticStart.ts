import { type NdArray, ndarray } from '../jit/ndarray.js';
import type { Random } from '../random.js';
import type { FgClipConfig } from './config.js';
import { sinePositions } from './sinePositions.js';
import { whitePatches } from './whitePatches.js';

/** What the products of an attention's matrices are near to. */
interface AttentionStart {
  /** Share of the identity in the product of a head's query and key matrices. */
  similarity: number;
  /** Shares of the identity, and of noise, in the product of the value and output matrices. */
  identity: number;
  noise: number;
}

/** Tokens attend to tokens like themselves and subtract what they share. */
const visionStart: AttentionStart = { similarity: 0.7, identity: -0.4, noise: 0.4 };
/** Tokens attend to all alike and add their mean. */
const textStart: AttentionStart = { similarity: 0, identity: 0.6, noise: 0.2 };

/** Deviation of the word embeddings. */
const wordStrength = 0.1;

/**
 * Weights that a small model learns faster from than from CLIP's: attention near the identity (after
 * Trockman and Kolter, "Mimetic Initialization of Self-Attention Layers", 2023), positions on sine waves
 * as strong as the patches, so that neighbours attend to each other from the first step, and a patch
 * embedding that lets shape through beside brightness. Words are strong enough that texts which differ
 * in one of them differ in their features.
 * @returns the tensors that differ from `initialParameters`, by name.
 */
export function mimeticStart({ vision, text }: FgClipConfig, random: Random): Map<string, NdArray> {
  const patches = 'vision_model.embeddings.patch_embedding.weight';
  const words = 'text_model.embeddings.token_embedding.weight';
  const wordShape = [text.vocabSize, text.hiddenSize];
  return new Map([
    [patches, whitePatches(vision, random.fork(patches))],
    ['vision_model.embeddings.position_embedding.weight', sinePositions(vision)],
    ...attention('vision_model', vision, visionStart, random),
    [words, gaussian(wordShape, wordStrength, random.fork(words))],
    ...attention('text_model', text, textStart, random),
  ]);
}

function attention(
  tower: string,
  { hiddenSize: width, layers }: { hiddenSize: number; layers: number },
  { similarity, identity, noise }: AttentionStart,
  random: Random,
): Map<string, NdArray> {
  const start = new Map<string, NdArray>();
  const shape = [width, width];
  const diagonal = Math.sqrt(Math.abs(identity));
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string) => `${tower}.encoder.layers.${layer}.self_attn.${part}.weight`;
    const draw = (part: string, deviation: number) =>
      gaussian(shape, deviation, random.fork(name(part)));
    if (similarity > 0) {
      // A head projects queries and keys alike, at random: the square of that is nearly the identity.
      const query = draw('q_proj', Math.sqrt(similarity / width));
      start.set(name('q_proj'), query);
      start.set(name('k_proj'), ndarray(query.data.slice(), shape));
    }
    const signs = { v_proj: 1, out_proj: Math.sign(identity) };
    for (const [part, sign] of Object.entries(signs)) {
      const weight = draw(part, noise / diagonal / Math.sqrt(2 * width));
      for (let i = 0; i < width; i++) weight.data[i * width + i] += sign * diagonal;
      start.set(name(part), weight);
    }
  }
  return start;
}

function gaussian(shape: number[], deviation: number, { normal }: Random): NdArray {
  const count = shape.reduce((product, side) => product * side, 1);
  return ndarray(
    Float32Array.from({ length: count }, () => deviation * normal()),
    shape,
  );
}
