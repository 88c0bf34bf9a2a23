import { CheckpointError } from './checkpointError.js';
import { shardIndexName } from './sharded.js';

/** The file, among those of a model folder, that its weights are opened by. */
export function weightsOf(names: readonly string[], folder: string): string {
  const found = ['model.safetensors', shardIndexName].find((name) => names.includes(name));
  if (found) return found;
  const shard = names.find((name) => /^model-\d+-of-\d+\.safetensors$/.test(name));
  throw new CheckpointError(
    shard
      ? `${folder} has weights in shards, such as ${shard}, but not their index, ${shardIndexName}.`
      : `${folder} holds no weights: there is neither model.safetensors nor ${shardIndexName}.`,
  );
}

/** Which files of a model are wanted, and what they have to be. */
export interface ModelLayout {
  /** The small files: fetched first, since they tell what it is. */
  isSettings(name: string): boolean;
  /** @param names of all the model's files. */
  isWeights(name: string, names: readonly string[]): boolean;
  /** Whether it has files in folders: names are then paths. Default: false. */
  hasFolders?: boolean;
  /**
   * Looks at the settings before the weights are fetched or opened.
   * @param where the model's folder or name, for messages.
   * @param names of all its files.
   * @param fileNamed where one of them is; undefined for one that is not here.
   * @throws CheckpointError for a model of another kind.
   */
  check(
    where: string,
    names: readonly string[],
    fileNamed: (name: string) => string | undefined,
  ): void;
}

/** Settings and tokenizers of models, and what tells that it is a model of another kind. */
const settingsFiles = new Set([
  ...['config.json', 'preprocessor_config.json', 'adapter_config.json'],
  ...['detector.json', 'contrast.json', 'names.json'],
  ...['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json'],
  ...['vocab.json', 'merges.txt'],
]);

/** Of a model at the Hub, the small files: fetched first, since they tell what it is. */
export function isSettingsFile(name: string): boolean {
  return settingsFiles.has(name);
}

/** Of a model at the Hub, the weights: of those stored both whole and in shards, only the whole ones. */
export function isWeightsFile(name: string, names: readonly string[]): boolean {
  if (name === 'detector.safetensors') return true;
  return (
    isWeightFile(name) && (name === 'model.safetensors' || !names.includes('model.safetensors'))
  );
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
    (name) =>
      (/^[\w.-]+\.(json|safetensors)$/.test(name) || name === 'merges.txt') &&
      !isWeightFile(name) &&
      !ofTraining.has(name),
  );
}

/** The files, among those of a model folder, that hold its weights. */
export function weightFilesOf(names: readonly string[]): string[] {
  return names.filter((name) => isWeightFile(name) && isWeightsFile(name, names));
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
