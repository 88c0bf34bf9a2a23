import { createHash } from 'node:crypto';
import { hardNegativesPerRegion } from '../datasets/finehard.js';
import type { TrainingConfig } from './config.js';
import type { BatchForm, PictureRoom } from './forms/form.js';
import type { Plain, PlainArray } from './plainArrays.js';
import { learnsRegions, type RegionSample, type Sample } from './sample.js';
import type { TrainingBatch } from './stepOptions.js';

/** A `TrainingBatch` of plain arrays, with the pictures and texts in the form of its family. */
export type PlainBatch = Plain<TrainingBatch>;

/**
 * A batch of pictures that were put into their room. Short texts that occur more than once lie in it but once. Region slots
 * without a region are marked as not valid and read the whole picture against the first text, which keeps them finite.
 */
export function packBatch(
  samples: readonly Sample[],
  config: TrainingConfig,
  form: BatchForm,
  room: PictureRoom,
): PlainBatch {
  const images = samples.length;
  const pictures = room.finish();
  const table = new TextTable();
  const captionText = Int32Array.from(samples, (sample) => table.row(sample.shortCaption));
  const parts: Pick<PlainBatch, 'regions' | 'hard'> = {};
  const identity: PlainBatch['identity'] = {
    long: identities(samples.map(({ longCaption }) => longCaption)),
    short: identities(samples.map(({ shortCaption }) => shortCaption)),
  };
  let most = images;
  if (config.stage === 2 && learnsRegions(config)) {
    const slots = fillSlots(
      samples.map((sample) => sample.regions),
      config.regionsPerImage,
    );
    const text = Int32Array.from(slots, ({ region }) => (region ? table.row(region.text) : 0));
    parts.regions = { ...packSlots(slots, pictures), text: { data: text, shape: [text.length] } };
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
      ...packSlots(slots, pictures),
      texts: { data: texts, shape: [slots.length, perRegion] },
    };
    most += texts.length;
  }
  return {
    ...pictures.parts,
    ...form.longTexts(samples.map((sample) => sample.longCaption)),
    ...form.shortTexts(table.texts, most),
    captionText: { data: captionText, shape: [images] },
    ...(config.maskDuplicates && { identity }),
    ...parts,
  } as PlainBatch;
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

function packSlots(slots: Slot[], { pool }: ReturnType<PictureRoom['finish']>) {
  const boxes = slots.map(({ image, region }) => ({ image, box: region?.box ?? wholePicture }));
  const count = slots.length;
  return {
    image: { data: Int32Array.from(slots, ({ image }) => image), shape: [count] },
    ...pool(boxes),
    valid: { data: Float32Array.from(slots, ({ region }) => (region ? 1 : 0)), shape: [count] },
  };
}

const wholePicture: RegionSample['box'] = [0, 0, 1, 1];

/** For each text a number of its own, the same in every batch. */
function identities(texts: readonly string[]): PlainArray {
  const number = (text: string) => createHash('sha1').update(text).digest().readInt32LE(0);
  return { data: Int32Array.from(texts, number), shape: [texts.length] };
}
