import type * as tf from '@tensorflow/tfjs-core';
import { type Arrays, jit } from '../src/jit/jit.js';
import { type NdArray, ndarray, sizeOf, type TypedArray } from '../src/jit/ndarray.js';
import type {
  CaptionKind,
  LossTensors,
  Objective,
  ObjectiveFeatures,
} from '../src/nn/objective.js';
import type { Tensors } from './adamw.js';
import { valueAndGradients } from './gradients.js';
import type { StepOptions, TrainingBatch } from './stepOptions.js';
import type { LossParts } from './trainStep.js';

/** The features of a micro-batch, or the gradients of a loss with respect to them. */
export type Features = Arrays<ObjectiveFeatures>;

/** A piece of a matrix of logits has at most about as many values. */
const mostLogits = 2 ** 24;

/** What is known of a micro-batch besides its features. */
export type Known = Pick<TrainingBatch, 'identity' | 'regions' | 'hard'>;

/** Losses of features, with the gradients of their total. */
interface Differentiated {
  losses: Record<string, NdArray>;
  /** Of features and scalars by their names, as far as the total depends on them. */
  gradients: Record<string, NdArray>;
}

/** The losses of a step's features, and their gradients. */
export class FeatureLosses {
  readonly #options: StepOptions;
  readonly #objective: Objective;
  readonly #captions;
  readonly #regions;
  readonly #hard;

  constructor(objective: Objective, options: StepOptions) {
    const { device, threads } = options;
    this.#options = options;
    this.#objective = objective;
    const compiled = <Given>(
      name: string,
      loss: (features: never, scalars: Tensors, given: Given) => LossTensors,
    ) =>
      jit(
        (features: Tensors, scalars: Tensors, given: Given) => {
          const { value, gradients } = valueAndGradients((all) => loss(all as never, all, given), {
            ...features,
            ...scalars,
          });
          return { losses: { ...value }, gradients };
        },
        { device, threads, releaseMemory: true, name },
      );
    const captionsOf =
      (kind: CaptionKind) =>
      ({ rowsA, rowsB, allA, allB }: PairTensors, scalars: Tensors, given: PairPlaces) =>
        objective.captions(
          kind,
          { images: [rowsA, allA], texts: [rowsB, allB], ...given },
          scalars,
        );
    this.#captions = {
      long: compiled('the loss of long captions', captionsOf('long')),
      short: compiled('the loss of short captions', captionsOf('short')),
    };
    this.#regions = compiled('the loss of regions', objective.regions);
    this.#hard = compiled('the loss of hard negatives', objective.hard);
  }

  /**
   * @returns this rank's contributions to the losses, its gradients of the scalars, and for each of its
   *   micro-batches the gradients of the whole loss with respect to its features
   */
  async compare(
    micros: readonly Features[],
    known: readonly Known[],
    scalars: Readonly<Record<string, NdArray>>,
  ): Promise<{ losses: LossParts; scalars: Record<string, NdArray>; slopes: Features[] }> {
    const losses: LossParts = { total: 0 };
    const scalarSlopes: Record<string, NdArray> = {};
    /** Adds a share of a result up; one of the features' slopes is for each to take. */
    const note = (result: Differentiated, share = 1) => {
      for (const [name, { data }] of Object.entries(result.losses)) {
        losses[name] = (losses[name] ?? 0) + share * data[0];
      }
      for (const name of this.#objective.scalars) {
        const slope = result.gradients[name];
        if (!slope) continue;
        const before = scalarSlopes[name]?.data[0] ?? 0;
        scalarSlopes[name] = ndarray(Float32Array.of(before + share * slope.data[0]), []);
      }
    };

    const images = stacked(micros, ({ images }) => images);
    const imageSlopes = new Float32Array(images.size);
    const slopes: Partial<Record<CaptionKind, Float32Array>> = {};
    const allImages = await this.#gather(images);
    for (const kind of ['long', 'short'] as const) {
      const texts = stacked(micros, (features) => features[kind]);
      const identity = known[0].identity && stacked(known, (micro) => micro.identity![kind]);
      const found = await this.#compareCaptions(
        ...([kind, images, allImages, texts, scalars, note, identity] as const),
      );
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
      const valid = stacked(known, ({ regions }) => regions!.valid);
      const identity = known[0].identity && stacked(known, (micro) => micro.identity!.regions!);
      const described = stackedPair(micros, ({ regions }) => regions!);
      const found = await this.#compareGroups(described, note, (features, group) =>
        this.#regions(features as never, scalars as never, {
          valid: group(valid),
          identity: identity && group(identity),
        }),
      );
      perMicro.forEach((micro, index) => {
        micro.regions = cutPair(found, micros[index].regions!, index);
      });
    }
    if (micros[0].hard) {
      const valid = stacked(known, ({ hard }) => hard!.valid);
      const described = stackedPair(micros, ({ hard }) => hard!);
      const { margin } = known[0].hard!;
      const found = await this.#compareGroups(described, note, (features, group) =>
        this.#hard(features as never, scalars as never, { valid: group(valid), margin }),
      );
      perMicro.forEach((micro, index) => {
        micro.hard = cutPair(found, micros[index].hard!, index);
      });
    }
    return { losses, scalars: scalarSlopes, slopes: perMicro };
  }

  async dispose(): Promise<void> {
    const all = [this.#captions.long, this.#captions.short, this.#regions, this.#hard];
    await Promise.all(all.map((fn) => fn.dispose()));
  }

  /** The gradients of all ranks' image–text losses for this rank's features; its share of the loss is noted. */
  async #compareCaptions(
    kind: CaptionKind,
    images: NdArray,
    allImages: NdArray,
    texts: NdArray,
    scalars: Readonly<Record<string, NdArray>>,
    note: (result: Differentiated) => void,
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
    for (const [start, end] of pieces(own, Math.ceil(mostLogits / all))) {
      const places = Int32Array.from({ length: end - start }, (_, i) => before + start + i);
      const result = (await this.#captions[kind](
        {
          rowsA: rowsOf(images, start, end),
          rowsB: rowsOf(texts, start, end),
          ...{ allA: allImages, allB: allTexts },
        },
        scalars as never,
        {
          places: ndarray(places, [places.length]),
          same: identity && { rows: rowsOf(identity, start, end), all: allIdentity! },
        } as never,
      )) as Differentiated;
      note(result);
      // A loss need not depend on all of them.
      for (const [name, sums] of Object.entries(slopes)) {
        const slope = result.gradients[name];
        const rows = name.startsWith('rows') ? sums.subarray(start * width, end * width) : sums;
        if (slope) addTo(rows, slope.data);
      }
    }
    addTo(slopes.rowsA, await ranks.sumShare(slopes.allA));
    addTo(slopes.rowsB, await ranks.sumShare(slopes.allB));
    return { images: slopes.rowsA, texts: slopes.rowsB };
  }

  /** The gradients of the mean of a loss over all ranks' groups of `regionBatch` pictures; this rank's share is noted. */
  async #compareGroups(
    { boxes, texts }: Pair<NdArray>,
    note: (result: Differentiated, share: number) => void,
    compare: (own: Pair<NdArray>, group: (array: NdArray) => NdArray) => Promise<unknown>,
  ) {
    const { batch, regionBatch, ranks } = this.#options;
    const count = batch / ranks.size / regionBatch;
    const mean = 1 / (count * ranks.size);
    const slots = boxes.shape[0] / count;
    const slopes = { boxes: new Float32Array(boxes.size), texts: new Float32Array(texts.size) };
    for (let index = 0; index < count; index++) {
      const group = (array: NdArray) => rowsOf(array, index * slots, (index + 1) * slots);
      const own = { boxes: group(boxes), texts: group(texts) };
      const result = (await compare(own, group)) as Differentiated;
      note(result, mean);
      for (const side of ['boxes', 'texts'] as const) {
        const { data } = result.gradients[side];
        slopes[side].set(
          (data as Float32Array).map((value) => mean * value),
          index * data.length,
        );
      }
    }
    return slopes;
  }

  async #gather(own: NdArray): Promise<NdArray> {
    const { ranks } = this.#options;
    const [rows, ...rest] = own.shape;
    const data = await ranks.allGather(own.data as Float32Array);
    return ndarray(data, [rows * ranks.size, ...rest]);
  }
}

/** Some rows of two matrices of features, and all of them. */
type PairTensors = Record<'rowsA' | 'rowsB' | 'allA' | 'allB', tf.Tensor2D>;

interface PairPlaces {
  places: tf.Tensor1D;
  same?: { rows: tf.Tensor1D; all: tf.Tensor1D };
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
