import type * as tf from '@tensorflow/tfjs-core';
import { hardNegativeLoss, infoNce, infoNceShare, type Pairing } from '../src/fgclip/losses.js';
import { logitScales, type ObjectiveFeatures } from '../src/fgclip/objective.js';
import { type Arrays, jit } from '../src/jit/jit.js';
import { type NdArray, ndarray, sizeOf, type TypedArray } from '../src/jit/ndarray.js';
import { valueAndGradients } from './gradients.js';
import type { StepOptions, TrainingBatch } from './stepOptions.js';
import type { LossParts } from './trainStep.js';

type Part = keyof typeof logitScales;

/** The features of a micro-batch, or the gradients of a loss with respect to them. */
export type Features = Arrays<ObjectiveFeatures>;

/** A piece of a matrix of logits has at most about as many values. */
const mostLogits = 2 ** 24;

/** What is known of a micro-batch besides its features. */
export interface Known {
  identity: TrainingBatch['identity'];
  regions?: NdArray;
  hard?: NdArray;
}

/** The losses of a step's features, and their gradients. */
export class FeatureLosses {
  readonly #options: StepOptions;
  readonly #pairs;
  readonly #regions;
  readonly #hard;

  constructor(options: StepOptions) {
    const { device, threads } = options;
    const settings = { device, threads, releaseMemory: true };
    this.#options = options;
    this.#pairs = jit(pairsGradient, settings);
    this.#regions = jit(regionsGradient, settings);
    this.#hard = jit(hardGradient, settings);
  }

  /**
   * @returns this rank's contributions to the losses, its gradients of the logit scales, and for each of
   *   its micro-batches the gradients of the whole loss with respect to its features
   */
  async compare(
    micros: readonly Features[],
    known: readonly Known[],
    scales: Readonly<Record<string, NdArray>>,
  ): Promise<{ losses: LossParts; scales: Record<string, NdArray>; slopes: Features[] }> {
    const { regionalWeight, hardWeight } = this.#options;
    const losses: LossParts = { total: 0 };
    const scaleSlopes: Record<string, NdArray> = {};
    const note = (part: Part, weight: number, { loss, scale }: { loss: number; scale: number }) => {
      losses[part] = loss;
      losses.total += weight * loss;
      const name = logitScales[part];
      const before = scaleSlopes[name]?.data[0] ?? 0;
      scaleSlopes[name] = ndarray(Float32Array.of(before + weight * scale), []);
    };

    const images = stacked(micros, ({ images }) => images);
    const imageSlopes = new Float32Array(images.size);
    const slopes: Partial<Record<'long' | 'short', Float32Array>> = {};
    const allImages = await this.#gather(images);
    for (const kind of ['long', 'short'] as const) {
      const texts = stacked(micros, (features) => features[kind]);
      const identity = known[0].identity && stacked(known, (micro) => micro.identity![kind]);
      const found = await this.#captions(images, allImages, texts, scales.logit_scale, identity);
      note(kind === 'long' ? 'imageTextLong' : 'imageTextShort', 1, found);
      addTo(imageSlopes, found.images);
      slopes[kind] = found.texts;
    }
    const perMicro = micros.map(
      (micro, index): Features => ({
        images: cut(imageSlopes, micro.images, index),
        long: cut(slopes.long!, micro.long, index),
        short: cut(slopes.short!, micro.short, index),
      }),
    );
    if (micros[0].regions) {
      const valid = stacked(known, ({ regions }) => regions!);
      const identity = known[0].identity && stacked(known, (micro) => micro.identity!.regions!);
      const scale = scales[logitScales.regional];
      const described = stackedPair(micros, ({ regions }) => regions!);
      const found = await this.#groups(described, regionalWeight, ({ boxes, texts }, group) =>
        this.#regions(
          { boxes, texts, scale },
          { valid: group(valid), identity: identity && group(identity) },
        ),
      );
      note('regional', regionalWeight, found);
      perMicro.forEach((micro, index) => {
        micro.regions = cutPair(found, micros[index].regions!, index);
      });
    }
    if (micros[0].hard) {
      const valid = stacked(known, ({ hard }) => hard!);
      const scale = scales[logitScales.hardNegative];
      const described = stackedPair(micros, ({ hard }) => hard!);
      const found = await this.#groups(described, hardWeight, ({ boxes, texts }, group) =>
        this.#hard({ boxes, texts, scale }, group(valid)),
      );
      note('hardNegative', hardWeight, found);
      perMicro.forEach((micro, index) => {
        micro.hard = cutPair(found, micros[index].hard!, index);
      });
    }
    return { losses, scales: scaleSlopes, slopes: perMicro };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#pairs, this.#regions, this.#hard].map((fn) => fn.dispose()));
  }

  /** This rank's share of the image–text loss; the gradients of all ranks' losses for its features. */
  async #captions(
    images: NdArray,
    allImages: NdArray,
    texts: NdArray,
    scale: NdArray,
    identity?: NdArray,
  ) {
    const { ranks } = this.#options;
    const allTexts = await this.#gather(texts);
    const allIdentity = identity && (await this.#gather(identity));
    const [own, width] = images.shape;
    const all = allImages.shape[0];
    const before = ranks.rank * own;
    const slopes = {
      rowsA: new Float32Array(images.size),
      rowsB: new Float32Array(texts.size),
      allA: new Float32Array(allImages.size),
      allB: new Float32Array(allTexts.size),
    };
    let loss = 0;
    let scaleSlope = 0;
    for (const [start, end] of pieces(own, Math.ceil(mostLogits / all))) {
      const places = Int32Array.from({ length: end - start }, (_, i) => before + start + i);
      const result = await this.#pairs(
        {
          rowsA: rowsOf(images, start, end),
          rowsB: rowsOf(texts, start, end),
          ...{ allA: allImages, allB: allTexts, scale },
        },
        ndarray(places, [places.length]),
        identity && { rows: rowsOf(identity, start, end), all: allIdentity! },
      );
      loss += result.loss.data[0];
      scaleSlope += result.gradients.scale.data[0];
      const { rowsA, rowsB, allA, allB } = result.gradients;
      addTo(slopes.rowsA.subarray(start * width, end * width), rowsA.data);
      addTo(slopes.rowsB.subarray(start * width, end * width), rowsB.data);
      addTo(slopes.allA, allA.data);
      addTo(slopes.allB, allB.data);
    }
    addTo(slopes.rowsA, await ranks.sumShare(slopes.allA));
    addTo(slopes.rowsB, await ranks.sumShare(slopes.allB));
    return { loss, scale: scaleSlope, images: slopes.rowsA, texts: slopes.rowsB };
  }

  /** The mean of a loss over this rank's groups of `regionBatch` pictures, with the gradients of all. */
  async #groups(
    { boxes, texts }: Pair<NdArray>,
    weight: number,
    compare: (
      own: Pair<NdArray>,
      group: (array: NdArray) => NdArray,
    ) => Promise<{ loss: NdArray; gradients: Pair<NdArray> & { scale: NdArray } }>,
  ) {
    const { batch, regionBatch, ranks } = this.#options;
    const count = batch / ranks.size / regionBatch;
    const mean = 1 / (count * ranks.size);
    const slots = boxes.shape[0] / count;
    const slopes = { boxes: new Float32Array(boxes.size), texts: new Float32Array(texts.size) };
    let loss = 0;
    let scale = 0;
    for (let index = 0; index < count; index++) {
      const group = (array: NdArray) => rowsOf(array, index * slots, (index + 1) * slots);
      const result = await compare({ boxes: group(boxes), texts: group(texts) }, group);
      loss += mean * result.loss.data[0];
      scale += mean * result.gradients.scale.data[0];
      for (const side of ['boxes', 'texts'] as const) {
        const { data } = result.gradients[side];
        slopes[side].set(
          (data as Float32Array).map((value) => weight * mean * value),
          index * data.length,
        );
      }
    }
    return { loss, scale, ...slopes };
  }

  async #gather(own: NdArray): Promise<NdArray> {
    const { ranks } = this.#options;
    const [rows, ...rest] = own.shape;
    const data = await ranks.allGather(own.data as Float32Array);
    return ndarray(data, [rows * ranks.size, ...rest]);
  }
}

interface PairTensors {
  rowsA: tf.Tensor2D;
  rowsB: tf.Tensor2D;
  allA: tf.Tensor2D;
  allB: tf.Tensor2D;
  scale: tf.Scalar;
}

/** `infoNceShare` with its gradients. */
function pairsGradient(
  tensors: PairTensors,
  places: tf.Tensor1D,
  same?: { rows: tf.Tensor1D; all: tf.Tensor1D },
) {
  return withGradients(tensors, ({ rowsA, rowsB, allA, allB, scale }) =>
    infoNceShare([rowsA, allA], [rowsB, allB], scale, places, same),
  );
}

interface Described<Texts> {
  boxes: tf.Tensor2D;
  texts: Texts;
  scale: tf.Scalar;
}

/** `infoNce` of regions and their descriptions, with its gradients. */
function regionsGradient(tensors: Described<tf.Tensor2D>, pairing: Pairing) {
  return withGradients(tensors, ({ boxes, texts, scale }) => infoNce(boxes, texts, scale, pairing));
}

/** `hardNegativeLoss` with its gradients. */
function hardGradient(tensors: Described<tf.Tensor3D>, valid: tf.Tensor1D) {
  return withGradients(tensors, ({ boxes, texts, scale }) =>
    hardNegativeLoss(boxes, texts, scale, valid),
  );
}

function withGradients<T extends object>(
  tensors: T,
  loss: (tensors: T) => tf.Scalar,
): { loss: tf.Scalar; gradients: T } {
  const { value, gradients } = valueAndGradients(
    (given) => ({ total: loss(given as T) }),
    tensors as Record<string, tf.Tensor>,
  );
  return { loss: value.total, gradients: gradients as T };
}

/** Regions, and what is said of them. */
interface Pair<T> {
  boxes: T;
  texts: T;
}

function stackedPair(
  micros: readonly Features[],
  choose: (micro: Features) => Pair<NdArray>,
): Pair<NdArray> {
  return {
    boxes: stacked(micros, (micro) => choose(micro).boxes),
    texts: stacked(micros, (micro) => choose(micro).texts),
  };
}

function cutPair(values: Pair<Float32Array>, like: Pair<NdArray>, index: number): Pair<NdArray> {
  return {
    boxes: cut(values.boxes, like.boxes, index),
    texts: cut(values.texts, like.texts, index),
  };
}

/** One array of each micro-batch, one below the other. */
function stacked<T>(micros: readonly T[], choose: (micro: T) => NdArray): NdArray {
  const arrays = micros.map((micro) => choose(micro));
  if (arrays.length === 1) return arrays[0];
  const [, ...rest] = arrays[0].shape;
  const rows = arrays.reduce((sum, { shape }) => sum + shape[0], 0);
  const data = new (arrays[0].data.constructor as new (size: number) => TypedArray)(
    rows * sizeOf(rest),
  );
  let filled = 0;
  for (const array of arrays) {
    data.set(array.data, filled);
    filled += array.size;
  }
  return ndarray(data, [rows, ...rest]);
}

/** The values of the `index`-th of equally large arrays that lie one below the other. */
function cut(values: Float32Array, { size, shape }: NdArray, index: number): NdArray {
  return ndarray(values.subarray(index * size, (index + 1) * size), shape);
}

function rowsOf(array: NdArray, start: number, end: number): NdArray {
  const [, ...rest] = array.shape;
  const width = sizeOf(rest);
  return ndarray(array.data.subarray(start * width, end * width), [end - start, ...rest]);
}

function addTo(sums: Float32Array, values: TypedArray): void {
  for (let i = 0; i < sums.length; i++) sums[i] += values[i];
}

/** Spans of at most `most` rows that together are all. */
function pieces(rows: number, most: number): [start: number, end: number][] {
  const size = Math.ceil(rows / Math.ceil(rows / most));
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => [
    i * size,
    Math.min(rows, (i + 1) * size),
  ]);
}
