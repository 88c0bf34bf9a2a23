import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveModelFolder } from '../src/checkpoints/resolveFolder.js';
import { UserError } from '../src/errors.js';
import { type FgClipConfig, readFgClipConfig } from '../src/fgclip/config.js';
import { withImageSize } from '../src/fgclip/imageSize.js';
import { mimeticStart } from '../src/fgclip/mimeticStart.js';
import { loadModelFolder, saveModelFolder } from '../src/fgclip/modelFolder.js';
import { initialParameters } from '../src/fgclip/parameters.js';
import type { FgClip2Config } from '../src/fgclip2/config.js';
import { loadFgClip2Folder, saveFgClip2Folder } from '../src/fgclip2/modelFolder.js';
import { trainingScales } from '../src/fgclip2/parameters.js';
import { loadTextTokenizer } from '../src/fgclip2/textTokens.js';
import { readJson } from '../src/files/jsonFile.js';
import type { NdArray } from '../src/jit/ndarray.js';
import { familyNames, familyOf, fgclip2Type, siglip2Type } from '../src/modelFamily.js';
import { createRandom } from '../src/random.js';
import { readTokenizerJson } from '../src/text/slowTokenizer.js';
import type { TrainingConfig } from './config.js';
import type { Trainable } from './start.js';

/** The sizes of a model that can be trained, by its family. */
export type TrainedModel =
  | { family: 'fgclip'; config: FgClipConfig }
  | { family: 'fgclip2'; config: FgClip2Config };

/** What a model folder holds besides the weights, in memory: it may be deleted while the run goes on. */
export type ModelFiles = TrainedModel & {
  /** Contents of the tokenizer's and the image processor's files, by name. */
  files: Record<string, Uint8Array>;
};

const carriedFiles = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.json',
  'merges.txt',
  'preprocessor_config.json',
];

/** Opens a model folder, a training run's newest checkpoint, or a model of the Hub by its name. @throws UserError naming what is wrong. */
export async function openModel(folderOrName: string): Promise<Trainable<ModelFiles>> {
  const alsoStarts = { plainClip: true };
  const folder = await resolveModelFolder(folderOrName, alsoStarts);
  if (familyOf(folder) === 'fgclip2') {
    const { config, parameters } = await loadFgClip2Folder(folder, alsoStarts);
    if (!config.vision.hasHead) {
      throw new UserError(
        `${folder} has no head for features of whole pictures, which training needs.`,
      );
    }
    // For its complaints, which name the folder.
    loadTextTokenizer(folder, config.text);
    const read = { ...trainingScales(), ...(await inMemory(parameters)) };
    return { model: { family: 'fgclip2', config, files: readFiles(folder) }, parameters: read };
  }
  const { config, parameters } = await loadModelFolder(folder, alsoStarts);
  const model = { family: 'fgclip' as const, config, files: readClipFiles(folder) };
  return { model, parameters: await inMemory(parameters) };
}

/** Writes a model folder as its family has it. */
export function saveModel(
  folder: string,
  model: ModelFiles,
  weights: Record<string, NdArray>,
): Promise<void> {
  const parameters = new Map(Object.entries(weights));
  return model.family === 'fgclip2'
    ? saveFgClip2Folder(folder, { ...model, parameters })
    : saveModelFolder(folder, { ...model, parameters });
}

async function inMemory(
  parameters: ReadonlyMap<string, NdArray>,
): Promise<Record<string, NdArray>> {
  const read: Record<string, NdArray> = {};
  for (const [name, array] of parameters) read[name] = await array.read();
  return read;
}

/** The model that a run starts from, at the size it is trained for. @throws UserError naming what is wrong. */
export async function openInitialModel({
  model: { initial },
  imageSize,
  resizePositions,
}: TrainingConfig): Promise<Trainable<ModelFiles>> {
  const { model, parameters } = await (typeof initial === 'string'
    ? openModel(initial)
    : randomModel(initial));
  if (!resizePositions || imageSize === undefined || model.family !== 'fgclip') {
    return { model, parameters };
  }
  const resized = withImageSize(model.config, parameters, imageSize);
  // The image processor's file gives the old size; a new one is written with the checkpoints.
  const { 'preprocessor_config.json': _, ...files } = model.files;
  return { model: { ...model, config: resized.config, files }, parameters: resized.parameters };
}

async function randomModel(
  initial: Exclude<TrainingConfig['model']['initial'], string>,
): Promise<Trainable<ModelFiles>> {
  const { model_type } = Object(readJson(initial.random));
  if (model_type === fgclip2Type || model_type === siglip2Type) {
    throw new UserError(
      `${initial.random} is of ${familyNames.fgclip2}: that starts from a model folder, such as ` +
        'google/siglip2-base-patch16-naflex, not at random.',
    );
  }
  const config = readFgClipConfig(initial.random);
  const random = createRandom(initial.seed);
  const parameters = Object.fromEntries([
    ...initialParameters(config, random),
    ...(initial.start === 'mimetic' ? mimeticStart(config, random) : []),
  ]);
  const { 'preprocessor_config.json': _, ...files } = readClipFiles(initial.tokenizer);
  return { model: { family: 'fgclip', config, files }, parameters };
}

function readFiles(folder: string): Record<string, Uint8Array> {
  const present = carriedFiles.filter((name) => existsSync(join(folder, name)));
  return Object.fromEntries(present.map((name) => [name, readFileSync(join(folder, name))]));
}

/** The same with a tokenizer.json, whatever files CLIP's tokenizer is in. */
function readClipFiles(folder: string): Record<string, Uint8Array> {
  const tokenizer = Buffer.from(JSON.stringify(readTokenizerJson(folder)));
  return { 'tokenizer.json': tokenizer, ...readFiles(folder) };
}
