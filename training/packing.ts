import { createHash } from 'node:crypto';
import { hardNegativesPerRegion } from '../datasets/finehard.js';
import { lengthBucket } from '../src/fgclip/lengthBucket.js';
import { laySideBySide, type PackedTexts } from '../src/fgclip/packedTexts.js';
import { type NdArray, ndarray, type TypedArray } from '../src/jit/ndarray.js';
import { roiWeights } from '../src/nn/roiWeights.js';
import type { TrainingConfig } from './config.js';
import type { RegionSample, Sample } from './sample.js';
import type { TrainingBatch } from './stepOptions.js';

/** Values and shape of an array, in a form that can be posted to another thread. */
export interface PlainArray {
  data: TypedArray;
  shape: number[];
}

type Plain<T> = {
  [K in keyof T]: NonNullable<T[K]> extends NdArray ? PlainArray : Plain<T[K]>;
};

/** A `TrainingBatch` of plain arrays. */
export type PlainBatch = Plain<TrainingBatch>;

/** What batches have to know of the model. */
export interface ModelSizes {
  /** Side of the square pictures, in pixels. */
  imageSize: number;
  /** Rows, and columns, of the dense feature map. */
  grid: number;
  /** Most tokens of a short and of a long text. */
  shortLength: number;
  longLength: number;
}

/** How texts become token ids. */
export interface Tokenize {
  /** Ids of a text with begin and end, cut to `limit` such that the end stays. */
  encode(text: string, limit: number): ArrayLike<number>;
  padId: number;
  eosId: number;
}

/**
 * Everything of a batch but its pixels. Texts lie side by side, short ones that occur more than once but
 * once; rows and lengths are padded to buckets, so that few shapes occur. Region slots without a region
 * are marked as not valid and read the whole picture against the first text, which keeps them finite.
 */
export function packTexts(
  samples: Sample[],
  config: TrainingConfig,
  tokenize: Tokenize,
  sizes: ModelSizes,
): Omit<PlainBatch, 'pixels'> {
  const images = samples.length;
  const table = new TextTable();
  const captionText = Int32Array.from(samples, (sample) => table.row(sample.shortCaption));
  const parts: Pick<PlainBatch, 'regions' | 'hard'> = {};
  const identity: PlainBatch['identity'] = {
    long: identities(samples.map(({ longCaption }) => longCaption)),
    short: identities(samples.map(({ shortCaption }) => shortCaption)),
  };
  let most = images;
  if (config.stage === 2 && config.regionalWeight > 0) {
    const slots = fillSlots(
      samples.map((sample) => sample.regions),
      config.regionsPerImage,
    );
    const text = Int32Array.from(slots, ({ region }) => (region ? table.row(region.text) : 0));
    parts.regions = { ...packSlots(slots, sizes.grid), text: { data: text, shape: [text.length] } };
    identity.regions = identities(slots.map(({ region }) => region?.text ?? ''));
    most += text.length;
  }
  if (config.stage === 2 && config.hardWeight > 0) {
    const slots = fillSlots(
      samples.map((sample) => sample.regions.filter((region) => region.hardTexts)),
      config.hardPerImage,
    );
    const perRegion = 1 + hardNegativesPerRegion;
    const texts = new Int32Array(slots.length * perRegion);
    slots.forEach(({ region }, slot) => {
      region?.hardTexts?.forEach((text, i) => {
        texts[slot * perRegion + i] = table.row(text);
      });
    });
    parts.hard = {
      ...packSlots(slots, sizes.grid),
      texts: { data: texts, shape: [slots.length, perRegion] },
    };
    most += texts.length;
  }
  const short = packShort(table.texts, most, sizes.shortLength, tokenize);
  const long = packLong(
    samples.map((sample) => sample.longCaption),
    sizes.longLength,
    tokenize,
  );
  return {
    ...long,
    ...short,
    captionText: { data: captionText, shape: [images] },
    ...(config.maskDuplicates && { identity }),
    ...parts,
  };
}

/** The batch a compiled step takes, from plain arrays. */
export function toTrainingBatch(arrays: PlainBatch): TrainingBatch {
  const wrap = (tree: object): object =>
    Object.fromEntries(
      Object.entries(tree).map(([key, value]) => [
        key,
        'shape' in value ? ndarray(value.data, value.shape) : wrap(value),
      ]),
    );
  return wrap(arrays) as TrainingBatch;
}

/** The distinct short texts of a batch, in the order in which they first occur. */
class TextTable {
  readonly texts: string[] = [];
  readonly #rows = new Map<string, number>();

  row(text: string): number {
    const known = this.#rows.get(text);
    if (known !== undefined) return known;
    this.#rows.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

interface Slot {
  image: number;
  region: RegionSample | undefined;
}

/** `perImage` slots for each image, as many of them filled as it has regions. */
function fillSlots(regions: RegionSample[][], perImage: number): Slot[] {
  return regions.flatMap((own, image) =>
    Array.from({ length: perImage }, (_, i) => ({ image, region: own[i] })),
  );
}

function packSlots(slots: Slot[], grid: number) {
  const whole = [0, 0, 1, 1];
  const boxes = Float32Array.from(
    slots.flatMap(({ region }) => region?.box ?? whole),
    (side) => Math.fround(side) * grid,
  );
  const { rowWeights, columnWeights } = roiWeights(boxes, grid, grid);
  const count = slots.length;
  return {
    image: { data: Int32Array.from(slots, ({ image }) => image), shape: [count] },
    rowWeights: { data: rowWeights, shape: [count, grid] },
    columnWeights: { data: columnWeights, shape: [count, grid] },
    valid: { data: Float32Array.from(slots, ({ region }) => (region ? 1 : 0)), shape: [count] },
  };
}

/** The long captions, in rows of the longest one's length or of as many tokens as there may be, whichever holds them in less. */
function packLong(texts: string[], limit: number, tokenize: Tokenize) {
  const encoded = texts.map((text) => tokenize.encode(text, limit));
  const longest = Math.max(...encoded.map((ids) => ids.length));
  const [tight, wide] = [lengthBucket(longest, limit), limit].map((length) =>
    laySideBySide(encoded, tokenize, length),
  );
  const packed = tight.ids.length <= wide.ids.length ? tight : wide;
  const { ids, packing } = arraysOf(packed);
  const longEnd = { data: packed.ends, shape: [texts.length] };
  return { longIds: ids, longEnd, longPacking: packing };
}

/** For each text a number of its own, the same in every batch. */
function identities(texts: readonly string[]): PlainArray {
  const number = (text: string) => createHash('sha1').update(text).digest().readInt32LE(0);
  return { data: Int32Array.from(texts, number), shape: [texts.length] };
}

/** The table of short texts, with as many ends as there could be texts: the first's stands for those missing. */
function packShort(texts: string[], most: number, limit: number, tokenize: Tokenize) {
  const encoded = texts.map((text) => tokenize.encode(text, limit));
  const packed = laySideBySide(encoded, tokenize, limit);
  const { ids, packing } = arraysOf(packed);
  const ends = new Int32Array(most).fill(packed.ends[0]);
  ends.set(packed.ends);
  return { shortIds: ids, shortEnd: { data: ends, shape: [most] }, shortPacking: packing };
}

function arraysOf({ shape, ids, segments, positions }: PackedTexts) {
  return {
    ids: { data: ids, shape },
    packing: { segments: { data: segments, shape }, positions: { data: positions, shape } },
  };
}
