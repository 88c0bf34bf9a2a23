import { existsSync, readdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { companionsOf } from '../../src/checkpoints/modelFiles.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { centred, nameVectors } from '../../src/photos/anchors.js';
import { toPhotosJson } from '../../src/photos/config.js';
import { PhotosModel } from '../../src/photos/model.js';
import { storedForms } from '../../src/photos/storedForms.js';
import type { BaseModel } from './baseModel.js';
import type { FeatureScale } from './featureScale.js';

/** What a run knows of its names besides the weights. */
export interface LearntNames {
  names: readonly string[];
  /** [names, width]: centred unit vectors. */
  anchors: Float32Array;
}

/** What names mean to a model's text network. @throws UserError when its tokenizer is broken */
export async function anchoredNames(
  base: BaseModel,
  names: readonly string[],
): Promise<LearntNames> {
  const model = new PhotosModel(base);
  try {
    const { mean } = model.anchors;
    const vectors = await nameVectors((texts) => model.textVectors(texts), names, mean.length);
    return { names, anchors: centred(vectors, mean) };
  } finally {
    await model.dispose();
  }
}

/**
 * Writes a model folder that knows the new names: the base model's files, with their classes behind those it keeps.
 * What was trained is stored as float32, the rest as it was.
 * @param weights `names.weight` and `names.bias` of the new names.
 */
export async function writeNamesFolder(
  folder: string,
  base: BaseModel,
  { names, anchors }: LearntNames,
  { mean, std }: FeatureScale,
  weights: Readonly<Record<string, NdArray>>,
): Promise<void> {
  const { config, before } = base;
  const published = config.boxes.classes + config.crops.classes;
  const count = before.names.length + names.length;
  await writeJson(join(folder, 'config.json'), {
    ...toPhotosJson({ ...config, crops: { ...config.crops, extraClasses: count } }),
  });
  const classes = base.names.classes.slice(0, config.crops.classes);
  await writeJson(join(folder, 'names.json'), {
    ...base.names,
    classes: [...classes, ...before.names, ...names],
  });
  const tensors = new Map([
    ...base.parameters,
    ['names.weight', joined(before.weight, weights['names.weight'])],
    ['names.bias', joined(before.bias, weights['names.bias'])],
    ['names.mean', mean],
    ['names.std', std],
    ['anchors.vectors', anchorRows(base, published, anchors)],
  ] as [string, NdArray][]);
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, {
    dtypes: storedForms(base.parameters),
  });
  const files = readdirSync(base.folder);
  const rest = companionsOf(files).filter((name) => !['config.json', 'names.json'].includes(name));
  // The licences of what the model is made of go along.
  for (const name of [...rest, 'NOTICE']) {
    const source = join(base.folder, name);
    if (existsSync(source)) await copyFile(source, join(folder, name));
  }
}

/** The anchors of the published classes, of the added ones that stay, and of the new ones. */
function anchorRows(
  { parameters, names, before, config }: BaseModel,
  published: number,
  added: Float32Array,
): NdArray {
  const { hiddenSize: width } = config.text;
  const all = parameters.get('anchors.vectors')!.data as Float32Array;
  const places = before.names.map(
    (name) => config.boxes.classes + names.classes.indexOf(name, config.crops.classes),
  );
  const rows = new Float32Array((published + places.length) * width + added.length);
  rows.set(all.subarray(0, published * width));
  places.forEach((place, i) => {
    rows.set(all.subarray(place * width, (place + 1) * width), (published + i) * width);
  });
  rows.set(added, (published + places.length) * width);
  return ndarray(rows, [rows.length / width, width]);
}

/** Rows behind one another. */
function joined(first: NdArray, then: NdArray): NdArray {
  const values = new Float32Array(first.size + then.size);
  values.set(first.data as Float32Array);
  values.set(then.data as Float32Array, first.size);
  return ndarray(values, [first.shape[0] + then.shape[0], ...then.shape.slice(1)]);
}

function writeJson(file: string, content: object): Promise<void> {
  return writeTextAtomically(file, `${JSON.stringify(content, null, 2)}\n`);
}
