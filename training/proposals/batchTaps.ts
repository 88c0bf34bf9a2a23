import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { roundedToHalf } from '../keptFeatures.js';
import type { BoxBatch } from './batches.js';
import { type FeatureStore, writeTaps } from './featureStore.js';
import { putMap, takeMap } from './grids.js';
import type { Tower } from './tower.js';

/**
 * What the frozen tower sees in a batch: each tap [batch, rows, columns, width]. With a store, what is not
 * in it yet is computed and put there, rounded as it will be read again, so that a run learns the same
 * whatever was there before.
 * @throws UserError when the store has no room.
 */
export async function batchTaps(
  tower: Pick<Tower, 'taps'>,
  batch: BoxBatch,
  store?: FeatureStore,
): Promise<NdArray[]> {
  const { kept, grid, grids } = batch;
  if (!store || !kept) return tower.taps(batch, new Set(grids.keys()));
  const { taps, missing } = kept;
  const { width } = store;
  const wanted = new Set([...missing.keys()].filter((place) => missing[place] !== null));
  const computed = wanted.size > 0 ? await readAll(await tower.taps(batch, wanted)) : [];
  for (const place of wanted) {
    const [own, at] = [grids[place], { place, grid, width }];
    const seen = computed.map((values) => roundedToHalf(takeMap(values, own, at)));
    for (const [tap, values] of seen.entries()) putMap(values, own, taps[tap], at);
    await writeTaps(store, missing[place]!, seen, own);
  }
  return taps.map((values) => ndarray(values, [missing.length, grid.rows, grid.columns, width]));
}

async function readAll(arrays: readonly NdArray[]): Promise<Float32Array[]> {
  const values: Float32Array[] = [];
  for (const array of arrays) {
    values.push((await array.read()).data as Float32Array);
    array.dispose();
  }
  return values;
}
