import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import type { Grid } from '../../src/geometry/grid.js';
import type { Normalisation } from '../../src/images/preprocess.js';
import type { Device } from '../../src/jit/deviceNames.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import type { TowerConfig } from '../../src/nn/towerConfig.js';
import { writeFeatures } from '../keptFeatures.js';

/** Where what a tower saw in pictures is kept: plain data, which can be posted to a thread. */
export interface FeatureStore {
  /** The files of one model and one way to run it. */
  folder: string;
  /** How many taps a picture has. */
  taps: number;
  /** Of the tower. */
  width: number;
}

/** What the taps of a picture depend on besides the model and the picture. */
export interface TowerRun {
  taps: readonly number[];
  /** Side of the square canvases, in pixels, where there are such. */
  imageSize?: number;
  normalisation: Normalisation;
  device: Device;
}

/** To be raised when the tower's code, or how pictures are read, gives other values than before. */
const version = 2;

/** The store inside `folder` that belongs to a model, known by its weights, and to how it is run. */
export function openFeatureStore(
  folder: string,
  { vision, parameters }: { vision: TowerConfig; parameters: ReadonlyMap<string, NdArray> },
  run: TowerRun,
): FeatureStore {
  const { taps, imageSize, normalisation, device } = run;
  const hash = createHash('sha256').update(
    JSON.stringify([version, vision, taps, imageSize, normalisation, device]),
  );
  for (const [name, array] of parameters) {
    if (name.startsWith('vision_model.')) hash.update(`${name} ${array.shape}`).update(array.bytes);
  }
  return {
    folder: join(folder, hash.digest('hex').slice(0, 16)),
    taps: taps.length,
    width: vision.hiddenSize,
  };
}

/** What the values of a picture of this grid take on the disk. */
export function bytesOfPicture({ taps, width }: FeatureStore, { rows, columns }: Grid): number {
  return 2 * taps * rows * columns * width;
}

/** The taps in a file, each [rows, columns, width]; null when it is not there, or damaged. */
export function readTaps(
  { taps, width }: FeatureStore,
  file: string,
  { rows, columns }: Grid,
): Float32Array[] | null {
  try {
    const tensors = openSafetensors(file);
    return Array.from({ length: taps }, (_, tap) => {
      const { data, shape } = tensors.get(tensorName(tap))!;
      if (String(shape) !== String([rows, columns, width])) throw new Error('another grid');
      return data as Float32Array;
    });
  } catch {
    return null;
  }
}

/**
 * Writes the taps of a picture, as float16.
 * @throws UserError when there is no room.
 */
export async function writeTaps(
  { width }: FeatureStore,
  file: string,
  taps: readonly Float32Array[],
  { rows, columns }: Grid,
): Promise<void> {
  const tensors = taps.map((values, tap): [string, ReturnType<typeof ndarray>] => [
    tensorName(tap),
    ndarray(values, [rows, columns, width]),
  ]);
  await writeFeatures(file, tensors, 'train without "keepFeatures" in a new output folder');
}

function tensorName(tap: number): string {
  return `tap.${tap}`;
}
