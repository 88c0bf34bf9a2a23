import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CheckpointError } from '../checkpoints/checkpointError.js';
import { type CheckOptions, checkTensors } from '../checkpoints/checkTensors.js';
import { openSafetensors } from '../checkpoints/safetensors.js';
import { UserError } from '../errors.js';
import { readJsonFile } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import type { NdArray } from '../jit/ndarray.js';
import { shortText } from '../modelBounds.js';
import { scaleSuffix } from '../nn/scaleSuffix.js';
import { cropClasses, type PhotosConfig, readPhotosConfig } from './config.js';
import { parameterShapes } from './parameters.js';

/** What the classes are called. */
export interface PhotosNames {
  /** Of the box network. */
  detector: readonly string[];
  /** Of crops, those that were added last; synonyms stand between commas ("tench, Tinca tinca"). */
  classes: readonly string[];
  /** Names that a text is compared with to tell whether it is there. */
  background: readonly string[];
}

/** A model for photographs as it lies on the disk. */
export interface PhotosFolder {
  folder: string;
  config: PhotosConfig;
  names: PhotosNames;
  /** All tensors by name; their values are still in their file. */
  parameters: Map<string, NdArray>;
}

const files = ['config.json', 'model.safetensors', 'tokenizer.json', 'names.json'] as const;

const names = z.array(z.string().trim().pipe(shortText));
const namesSchema = z.object({ detector: names, classes: names, background: names });

/**
 * Opens and checks a model folder: config.json, model.safetensors, tokenizer.json and names.json. Headers are
 * read and every tensor's name and shape checked; values stay in their file until used.
 * @throws CheckpointError or UserError naming the file, and the field or tensor at fault.
 */
export function openPhotosFolder(folder: string, options: CheckOptions = {}): PhotosFolder {
  const missing = files.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    throw new CheckpointError(
      `${folder} is not a photo model's folder: it has no ${missing.join(', no ')}.`,
    );
  }
  const [configFile, weightsFile, , namesFile] = files.map((name) => join(folder, name));
  const config = readPhotosConfig(configFile);
  const tensors = openSafetensors(weightsFile);
  const parameters = checkTensors(parameterShapes(config), tensors, weightsFile, options);
  checkQuantised(parameters, weightsFile);
  return { folder, config, names: readNames(namesFile, config), parameters };
}

/** Word embeddings are picked from bytes, so quantised weights have to be stored as such. */
function checkQuantised(parameters: ReadonlyMap<string, NdArray>, file: string): void {
  for (const [name, { narrow, dtype }] of parameters) {
    if (parameters.has(name + scaleSuffix) && narrow?.type !== 'int8') {
      throw new CheckpointError(
        `${file}: tensor "${name}" is stored as ${narrow?.type ?? dtype} instead of int8.`,
      );
    }
  }
}

function readNames(file: string, config: PhotosConfig): PhotosNames {
  const read = readJsonFile(file, namesSchema, "a photo model's list of names", mostBytes.settings);
  const counts = {
    detector: config.boxes.classes,
    classes: cropClasses(config),
    background: config.background,
  };
  for (const [list, count] of Object.entries(counts)) {
    const { length } = read[list as keyof typeof counts];
    if (length !== count) {
      throw new UserError(
        `${file}: ${list}: there are ${length} names, but config.json says ${count}.`,
      );
    }
  }
  return read;
}
