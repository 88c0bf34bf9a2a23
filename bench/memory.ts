import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FgClipConfig } from '../src/fgclip/config.js';
import { parameterShapes } from '../src/fgclip/parameters.js';
import { packageRoot } from '../src/files/packageRoot.js';
import { sizeOf } from '../src/jit/ndarray.js';
import { writeRandomModel } from './randomModel.js';

export interface Answer {
  /** How the weights are stored. */
  dtype: 'F32' | 'F16';
  /** From opening the folder to the answer; the files are in the system's cache. */
  milliseconds: number;
  peakBytes: number | null;
  /** All of the model's weights in float32. */
  weightBytes: number;
}

/** What it takes in a fresh process to load a model and answer, for each way its weights are stored. */
export async function measureAnswers(config: FgClipConfig, threads: number): Promise<Answer[]> {
  // Any tokenizer will do; the tokens of this one are few.
  const tokenizer = join(packageRoot, 'configs/models/scenes-tokenizer/tokenizer.json');
  const script = fileURLToPath(new URL('./answer.js', import.meta.url));
  const weightBytes = [...parameterShapes(config).values()].reduce(
    (sum, shape) => sum + 4 * sizeOf(shape),
    0,
  );
  const answers: Answer[] = [];
  for (const dtype of ['F32', 'F16'] as const) {
    const folder = mkdtempSync(join(tmpdir(), 'fgdet-bench-'));
    try {
      await writeRandomModel(config, folder, { dtype, tokenizer });
      const output = execFileSync(process.execPath, [script, folder, String(threads)], {
        encoding: 'utf8',
      });
      answers.push({ dtype, weightBytes, ...JSON.parse(output) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return answers;
}
