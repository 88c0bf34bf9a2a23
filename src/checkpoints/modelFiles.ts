import { CheckpointError } from './checkpointError.js';
import { shardIndexName } from './sharded.js';

/** The file, among those of a model folder, that its weights are opened by. */
export function weightsOf(names: readonly string[], folder: string): string {
  const found = ['model.safetensors', shardIndexName].find((name) => names.includes(name));
  if (found) return found;
  throw new CheckpointError(
    `${folder} holds no weights: there is neither model.safetensors nor ${shardIndexName}.`,
  );
}

/**
 * Whether a file of a model at the Hub is worth fetching: settings, tokenizer and safetensors. Of
 * weights stored both whole and in shards, only the whole ones.
 */
export function isModelFile(name: string, names: readonly string[]): boolean {
  const isShard = name === shardIndexName || /-of-\d+\.safetensors$/.test(name);
  if (isShard && names.includes('model.safetensors')) return false;
  // No disk has a place for longer names.
  return name.length <= 255 && /^[\w.-]+\.(json|safetensors)$/.test(name);
}

/** Whether it is read whole. */
export function isSettings(name: string): boolean {
  return name.endsWith('.json');
}

/** Of a training run's checkpoint; not part of the model. */
const ofTraining = new Set(['state.json', 'optimizer.safetensors']);

/**
 * The files of a model folder that go along when the model is written anew: the tokenizer, the detector
 * and whatever settings there are, without the weights and what is known of a training run.
 * @param names of all files in the folder.
 */
export function companionsOf(names: readonly string[]): string[] {
  return names.filter(
    (name) => isModelFile(name, names) && !isWeightFile(name) && !ofTraining.has(name),
  );
}

/** The files, among those of a model folder, that hold its weights. */
export function weightFilesOf(names: readonly string[]): string[] {
  return names.filter((name) => isModelFile(name, names) && isWeightFile(name));
}

function isWeightFile(name: string): boolean {
  return name === shardIndexName || /^model(-\d+-of-\d+)?\.safetensors$/.test(name);
}

/**
 * Refuses a folder whose only weights are a Python pickle.
 * @throws CheckpointError that says why, and how to convert them.
 */
export function refusePickle(names: readonly string[], folder: string): void {
  if (names.some((name) => name === 'model.safetensors' || name === shardIndexName)) return;
  const pickle = names.find((name) => /\.(bin|pt|pth|ckpt|pkl)$/.test(name));
  if (!pickle) return;
  throw new CheckpointError(
    `${folder} has its weights only in ${pickle}, a Python pickle. Reading a pickle can run any program hidden in it, so fgdet never does. Convert it once where PyTorch is installed, and put the result beside config.json:
  python -c "import torch, safetensors.torch as s; s.save_file({k: v.clone().contiguous() for k, v in torch.load('${pickle}', map_location='cpu', weights_only=True).items()}, 'model.safetensors')"`,
  );
}
