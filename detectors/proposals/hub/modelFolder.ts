import { z } from 'zod';
import { CheckpointError } from '../../../src/checkpoints/checkpointError.js';
import type { HubOptions } from '../../../src/checkpoints/hub.js';
import type { ModelLayout } from '../../../src/checkpoints/modelFiles.js';
import { resolveModelFolder } from '../../../src/checkpoints/resolveFolder.js';
import { readJsonFile } from '../../../src/files/jsonFile.js';
import { mostBytes } from '../../../src/files/regularFile.js';
import { type Dtype, suffixes } from './hubName.js';
import { modelTypes } from './modelTypes.js';

/** What a detector that is asked for texts needs besides. */
const textFiles = ['tokenizer.json', 'tokenizer_config.json'];

const settingsFiles = [
  ...['config.json', 'preprocessor_config.json'],
  ...['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'],
];

const configSchema = z.object({
  model_type: z.string(),
  id2label: z.record(z.string(), z.string()).default({}),
  /** Of Grounding DINO: the most tokens that it reads. */
  max_text_len: z.int().positive().optional(),
});

/** What is used of a detector's config.json. */
export type HubConfig = z.output<typeof configSchema>;

/** The config of a model in a folder. @throws UserError naming the file. */
export function readHubConfig(file: string): HubConfig {
  return readJsonFile(file, configSchema, "a detector's config", mostBytes.settings);
}

/**
 * The folder of a detector with ONNX files, which is downloaded if it is not here.
 * @param model a folder, or a name at the Hugging Face Hub, `owner/name` or `owner/name@revision`.
 * @throws CheckpointError when it cannot be had, is of a type that is not known, or lacks the weights in this format.
 */
export function hubModelFolder(model: string, dtype: Dtype, options: HubOptions): Promise<string> {
  return resolveModelFolder(model, { ...options, layout: onnxLayout(dtype) });
}

/** The layout of transformers.js. */
function onnxLayout(dtype: Dtype): ModelLayout {
  const weights = `onnx/model${suffixes[dtype]}.onnx`;
  return {
    hasFolders: true,
    isSettings: (name) => settingsFiles.includes(name),
    isWeights: (name) => name === weights || name.startsWith(`${weights}_data`),
    check(where, names, fileNamed) {
      const file = fileNamed('config.json');
      if (!file) throw new CheckpointError(`${where} has no config.json: it is not a detector.`);
      const { model_type: type } = readHubConfig(file);
      if (!modelTypes.has(type)) {
        throw new CheckpointError(
          `${where} is a model of the type ${type}. As detectors, these are known: ${[...modelTypes.keys()].join(', ')}.`,
        );
      }
      const needed = ['preprocessor_config.json', ...(modelTypes.get(type)!.asks ? textFiles : [])];
      const missing = needed.find((name) => !names.includes(name));
      if (missing) throw new CheckpointError(`${where} has no ${missing}, which ${type} needs.`);
      if (!names.includes(weights)) throw lacksWeights(where, weights, names);
    },
  };
}

function lacksWeights(where: string, weights: string, names: readonly string[]): CheckpointError {
  const there = Object.entries(suffixes)
    .filter(([, suffix]) => names.includes(`onnx/model${suffix}.onnx`))
    .map(([dtype]) => `dtype=${dtype}`);
  return new CheckpointError(
    there.length > 0
      ? `${where} has no ${weights}, only ${there.join(', ')}.`
      : `${where} has no ${weights}: transformers.js needs a model that was exported to ONNX, as onnx-community's are.`,
  );
}
