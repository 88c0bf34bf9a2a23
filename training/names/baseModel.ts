import { resolveModelFolder } from '../../src/checkpoints/resolveFolder.js';
import { UserError } from '../../src/errors.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { familyOf } from '../../src/modelFamily.js';
import { featureWidth } from '../../src/photos/cropArchitecture.js';
import { openPhotosFolder, type PhotosFolder } from '../../src/photos/modelFolder.js';
import type { FeatureScale } from './featureScale.js';
import { nameKey } from './nameList.js';

/** A model for photographs that is to learn names, and the added classes that it keeps. */
export interface BaseModel extends PhotosFolder {
  /** Added classes that stay as they are: those whose names are not learnt anew. */
  before: AddedClasses;
  /** By what those standardise features, which new ones then do too; null where none stay. */
  scale: FeatureScale | null;
}

/** Added classes of a model for photographs. */
export interface AddedClasses {
  names: readonly string[];
  /** [names, 1280] and [names]. */
  weight: NdArray;
  bias: NdArray;
}

/**
 * Opens the model that a run starts with. Of the names that were added to it before, those that are learnt again go.
 * @throws UserError for a folder that is missing, broken or of another family
 */
export async function openBaseModel(
  folderOrRun: string,
  learnt: readonly string[],
): Promise<BaseModel> {
  const folder = await resolveModelFolder(folderOrRun);
  if (familyOf(folder) !== 'photos') {
    throw new UserError(
      `model: ${folder} is an FG-CLIP, which knows words as they are. Names are taught to the model for photographs.`,
    );
  }
  const base = openPhotosFolder(folder);
  const { classes, extraClasses } = base.config.crops;
  const again = new Set(learnt.map(nameKey));
  const stay = Array.from({ length: extraClasses }, (_, i) => i).filter(
    (i) => !again.has(nameKey(base.names.classes[classes + i])),
  );
  const before = {
    names: stay.map((i) => base.names.classes[classes + i]),
    ...pickRows(base, stay),
  };
  const scale =
    stay.length === 0
      ? null
      : {
          mean: base.parameters.get('names.mean')!,
          std: base.parameters.get('names.std')!,
        };
  return { ...base, before, scale };
}

/** The rows of added classes. @param rows which, counted from the first of them. */
export function pickRows(
  { parameters }: PhotosFolder,
  rows: readonly number[],
): Omit<AddedClasses, 'names'> {
  const weight = new Float32Array(rows.length * featureWidth);
  const bias = new Float32Array(rows.length);
  if (rows.length > 0) {
    const weights = parameters.get('names.weight')!.data as Float32Array;
    const biases = parameters.get('names.bias')!.data as Float32Array;
    rows.forEach((row, i) => {
      weight.set(weights.subarray(row * featureWidth, (row + 1) * featureWidth), i * featureWidth);
      bias[i] = biases[row];
    });
  }
  return {
    weight: ndarray(weight, [rows.length, featureWidth]),
    bias: ndarray(bias, [rows.length]),
  };
}
