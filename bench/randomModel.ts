import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { TensorSource, WriteOptions } from '../src/checkpoints/safetensors.js';
import { UserError } from '../src/errors.js';
import { type FgClipConfig, readFgClipConfig } from '../src/fgclip/config.js';
import { saveModelFolder } from '../src/fgclip/modelFolder.js';
import { initialParameter, parameterShapes } from '../src/fgclip/parameters.js';
import { packageRoot } from '../src/files/packageRoot.js';
import { createRandom } from '../src/random.js';

const usage = `Usage: node dist/bench/randomModel.js SIZE FOLDER [--tokenizer tokenizer.json] [--seed 0] [--dtype F32|F16|BF16]

Writes an FG-CLIP model folder with random weights, to test and to time with. SIZE is base, large, tiny,
or the path of a config.json.`;

export interface RandomModelOptions {
  seed?: number;
  /** A tokenizer.json to put beside the weights. */
  tokenizer?: string;
  dtype?: WriteOptions['dtype'];
}

/** Writes a model folder with random weights; one tensor at a time is in memory. */
export async function writeRandomModel(
  config: FgClipConfig,
  folder: string,
  { seed = 0, tokenizer, dtype }: RandomModelOptions = {},
): Promise<void> {
  const random = createRandom(seed);
  const parameters = new Map<string, TensorSource>();
  for (const [name, shape] of parameterShapes(config)) {
    const read = async () => initialParameter(config, name, random);
    parameters.set(name, { shape, dtype: 'float32', read });
  }
  const files: Record<string, string> = tokenizer ? { 'tokenizer.json': tokenizer } : {};
  await saveModelFolder(folder, { config, parameters, files, dtype });
}

/** The config of a published size by its name, or of a config.json by its path. */
export function configOfSize(size: string): FgClipConfig {
  const published = join(packageRoot, 'configs/models', `${basename(size)}.json`);
  return readFgClipConfig(size === basename(size) && existsSync(published) ? published : size);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tokenizer: { type: 'string' },
      seed: { type: 'string', default: '0' },
      dtype: { type: 'string', default: 'F32' },
    },
  });
  const [size, folder] = positionals;
  const { tokenizer, dtype } = values;
  const seed = Number(values.seed);
  const isDType = dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
  if (positionals.length !== 2 || !isDType || !Number.isInteger(seed)) throw new UserError(usage);

  const start = performance.now();
  await writeRandomModel(configOfSize(size), folder, { seed, tokenizer, dtype });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.error(`${folder}: FG-CLIP ${size} with random weights (seed ${seed}), in ${seconds} s.`);
  if (!tokenizer) {
    console.error('It has no tokenizer.json; --tokenizer puts one there. Token ids work without.');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: Error) => {
    const isOurs = error instanceof UserError || 'code' in error;
    console.error(isOurs ? error.message : error);
    process.exitCode = 1;
  });
}
