import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import type { Device } from '../../src/jit/deviceNames.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { featureWidth } from '../../src/photos/cropArchitecture.js';
import type { PhotosFolder } from '../../src/photos/modelFolder.js';
import { roundedToHalf, writeFeatures } from '../keptFeatures.js';

/** To be raised when the networks' code, or what is looked at, gives other values than before. */
const version = 2;
const tensorName = 'features';

/** Where what the frozen networks saw in pictures is kept. */
export interface CropStore {
  /** The files of one model and one way to run it. */
  folder: string;
}

/** The store inside `folder` that belongs to a model, known by the weights of its boxes and crops. */
export function openCropStore(
  folder: string,
  { config: { boxes, crops }, parameters }: PhotosFolder,
  device: Device,
): CropStore {
  const run = [version, boxes, crops.side, device];
  const hash = createHash('sha256').update(JSON.stringify(run));
  for (const [name, array] of parameters) {
    if (/^(boxes|crops)\./.test(name)) hash.update(`${name} ${array.shape}`).update(array.bytes);
  }
  return { folder: join(folder, hash.digest('hex').slice(0, 16)) };
}

/** Features of crops in a file, [crops, 1280]; null when it is not there, or damaged. */
export function readCrops(file: string): Float32Array | null {
  try {
    const tensor = openSafetensors(file).get(tensorName)!;
    return tensor.shape[1] === featureWidth ? (tensor.data as Float32Array) : null;
  } catch {
    return null;
  }
}

/**
 * Writes the features of a picture's crops, as float16.
 * @returns the values as they will be read.
 * @throws UserError when there is no room.
 */
export async function writeCrops(file: string, features: Float32Array): Promise<Float32Array> {
  const rounded = roundedToHalf(features);
  const rows = ndarray(rounded, [rounded.length / featureWidth, featureWidth]);
  await writeFeatures(file, [[tensorName, rows]], 'give "keepFeatures" a folder on a larger disk');
  return rounded;
}
