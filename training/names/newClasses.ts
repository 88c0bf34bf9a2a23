import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { featureWidth } from '../../src/photos/cropArchitecture.js';
import { openPhotosFolder } from '../../src/photos/modelFolder.js';
import type { Trainable } from '../start.js';
import { type BaseModel, pickRows } from './baseModel.js';
import type { FeatureScale } from './featureScale.js';

/** What a run trains: `names.weight` [names, 1280] and `names.bias` [names], zeros at first. */
export function newClasses(names: number): Record<string, NdArray> {
  return {
    'names.weight': ndarray(new Float32Array(names * featureWidth), [names, featureWidth]),
    'names.bias': ndarray(new Float32Array(names), [names]),
  };
}

/** What a run had trained when it wrote a checkpoint. @param first the first of its rows there. */
export function classesOf(checkpoint: string, first: number): Trainable<FeatureScale> {
  const folder = openPhotosFolder(checkpoint);
  const count = folder.config.crops.extraClasses - first;
  const rows = Array.from({ length: count }, (_, i) => first + i);
  const { weight, bias } = pickRows(folder, rows);
  return {
    model: {
      mean: folder.parameters.get('names.mean')!,
      std: folder.parameters.get('names.std')!,
    },
    parameters: { 'names.weight': weight, 'names.bias': bias },
  };
}

/** What the loss needs of the classes that stay as they are, by name; in memory, as it is used in every step. */
export async function frozenClasses(
  { parameters, before }: BaseModel,
  { mean, std }: FeatureScale,
): Promise<Record<string, NdArray>> {
  const tensors: Record<string, NdArray> = {
    'crops.classifier.weight': parameters.get('crops.classifier.weight')!,
    'crops.classifier.bias': parameters.get('crops.classifier.bias')!,
    'names.mean': mean,
    'names.std': std,
    ...(before.names.length > 0 && {
      'before.weight': before.weight,
      'before.bias': before.bias,
    }),
  };
  const read = Object.entries(tensors).map(
    async ([name, array]) => [name, await array.read()] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}
