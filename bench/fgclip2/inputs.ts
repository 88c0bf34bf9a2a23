import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FgClip2Config } from '../../src/fgclip2/config.js';
import type { PatchedPicture } from '../../src/fgclip2/preprocess.js';
import type { Grid } from '../../src/geometry/grid.js';
import { patchGrid } from '../../src/images/naflex.js';
import { createRandom } from '../../src/random.js';
import { limits } from './cases.js';

const [width, height] = [640, 480];
const [pictures, shortTexts, longTexts] = [8, 32, 8];

/** What both sides compute from; files in one folder, so that both read the very same. */
interface Inputs {
  /** The grid of a picture for each limit. */
  grids: Record<number, Grid>;
  /** Token ids, padding included. */
  short: number[][];
  long: number[][];
}

/** Draws the inputs of every case and writes them to `folder` as inputs.json and patches.f32. */
export function writeInputs({ vision, text }: FgClip2Config, folder: string): void {
  const random = createRandom(1);
  const grids = Object.fromEntries(
    limits.map((limit) => [limit, patchGrid({ width, height }, vision.patchSize, limit)]),
  );
  const texts = (count: number, length: number) =>
    Array.from({ length: count }, () => {
      const used = 5 + random.integer(12);
      return Array.from({ length }, (_, i) =>
        i < used ? 4 + random.integer(text.vocabSize - 4) : 0,
      );
    });
  const inputs: Inputs = {
    grids,
    short: texts(shortTexts, text.positions),
    long: texts(longTexts, text.longPositions),
  };
  const values = vision.channels * vision.patchSize ** 2;
  const most = Math.max(...Object.values(grids).map(({ rows, columns }) => rows * columns));
  const patches = new Float32Array(pictures * most * values);
  for (let i = 0; i < patches.length; i++) patches[i] = 2 * random.uniform() - 1;
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(inputs));
  writeFileSync(join(folder, 'patches.f32'), patches);
}

export function readInputs(folder: string): Inputs {
  return JSON.parse(readFileSync(join(folder, 'inputs.json'), 'utf8')) as Inputs;
}

/** Pictures of a grid, of the patches in `folder`. */
export function readPictures(folder: string, grid: Grid, count: number): PatchedPicture[] {
  const bytes = readFileSync(join(folder, 'patches.f32'));
  const all = new Float32Array(Uint8Array.from(bytes).buffer);
  const size = grid.rows * grid.columns * 768;
  return Array.from({ length: count }, (_, i) => ({
    ...{ ...grid, width, height },
    patches: all.subarray(i * size, (i + 1) * size),
  }));
}
