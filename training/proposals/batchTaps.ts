import type { FgClip } from '../../src/fgclip/model.js';
import { type NdArray, ndarray, sizeOf } from '../../src/jit/ndarray.js';
import { roundedToHalf } from '../keptFeatures.js';
import type { BoxBatch } from './batches.js';
import { type FeatureStore, writeTaps } from './featureStore.js';

/**
 * What the frozen tower sees in a batch: each tap [batch, rows, columns, width]. With a store, what is not
 * in it yet is computed and put there, rounded as it will be read again, so that a run learns the same
 * whatever was there before.
 * @throws UserError when the store has no room.
 */
export async function batchTaps(
  tower: Pick<FgClip, 'taps'>,
  { pixels, kept }: BoxBatch,
  store?: FeatureStore,
): Promise<NdArray[]> {
  const see = () => tower.taps(ndarray(pixels.data as Float32Array, pixels.shape));
  if (!store || !kept) return see();
  const { taps, missing } = kept;
  // The whole batch is computed for one picture that is missing: other shapes would be compiled anew.
  if (missing.some((file) => file !== null)) {
    const size = sizeOf(store.shape);
    const computed = await readAll(await see());
    for (const [picture, file] of missing.entries()) {
      if (file === null) continue;
      const own = computed.map((values) =>
        roundedToHalf(values.subarray(picture * size, (picture + 1) * size)),
      );
      for (const [tap, values] of own.entries()) taps[tap].set(values, picture * size);
      await writeTaps(store, file, own);
    }
  }
  return taps.map((values) => ndarray(values, [missing.length, ...store.shape]));
}

async function readAll(arrays: readonly NdArray[]): Promise<Float32Array[]> {
  const values: Float32Array[] = [];
  for (const array of arrays) {
    values.push((await array.read()).data as Float32Array);
    array.dispose();
  }
  return values;
}
