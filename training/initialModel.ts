import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FgClipConfig, readFgClipConfig } from '../src/fgclip/config.js';
import { withImageSize } from '../src/fgclip/imageSize.js';
import { mimeticStart } from '../src/fgclip/mimeticStart.js';
import { loadModelFolder } from '../src/fgclip/modelFolder.js';
import { initialParameters } from '../src/fgclip/parameters.js';
import type { NdArray } from '../src/jit/ndarray.js';
import { createRandom } from '../src/random.js';
import { readTokenizerJson } from '../src/text/slowTokenizer.js';
import type { TrainingConfig } from './config.js';
import type { Trainable } from './start.js';

/** What a model folder holds besides the weights, in memory: it may be deleted while the run goes on. */
export interface ModelFiles {
  config: FgClipConfig;
  /** Contents of the tokenizer's and the image processor's files, by name. */
  files: Record<string, Uint8Array>;
}

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
  const { folder, config, parameters } = await loadModelFolder(folderOrName, {
    plainClip: true,
  });
  const read: Record<string, NdArray> = {};
  for (const [name, array] of parameters) read[name] = await array.read();
  return { model: { config, files: readFiles(folder) }, parameters: read };
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
  if (!resizePositions || imageSize === undefined) return { model, parameters };
  const resized = withImageSize(model.config, parameters, imageSize);
  // The image processor's file gives the old size; a new one is written with the checkpoints.
  const { 'preprocessor_config.json': _, ...files } = model.files;
  return { model: { config: resized.config, files }, parameters: resized.parameters };
}

async function randomModel(
  initial: Exclude<TrainingConfig['model']['initial'], string>,
): Promise<Trainable<ModelFiles>> {
  const config = readFgClipConfig(initial.random);
  const random = createRandom(initial.seed);
  const parameters = Object.fromEntries([
    ...initialParameters(config, random),
    ...(initial.start === 'mimetic' ? mimeticStart(config, random) : []),
  ]);
  const { 'preprocessor_config.json': _, ...files } = readFiles(initial.tokenizer);
  return { model: { config, files }, parameters };
}

function readFiles(folder: string): Record<string, Uint8Array> {
  const present = carriedFiles.filter((name) => existsSync(join(folder, name)));
  const files = present.map((name) => [name, readFileSync(join(folder, name))] as const);
  const tokenizer = Buffer.from(JSON.stringify(readTokenizerJson(folder)));
  return { 'tokenizer.json': tokenizer, ...Object.fromEntries(files) };
}
