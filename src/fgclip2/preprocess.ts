import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkJson, readJson } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import type { Grid } from '../geometry/grid.js';
import { type PatchLimit, patchGrid } from '../images/naflex.js';
import { type Normalisation, normalisedBytes } from '../images/preprocess.js';
import { normalisationFields, normalisationOf } from '../images/preprocessorConfig.js';
import { resizeBilinear } from '../images/resize.js';
import type { RgbImage } from '../images/rgbImage.js';

/** How pictures become patches. */
export interface PatchSettings {
  /** Side of a patch in pixels. */
  patchSize: number;
  normalisation: Normalisation;
}

/** A picture as the model takes it. */
export interface PatchedPicture extends Grid {
  /** [rows · columns, patch values]: row by row; inside a patch row by row, pixel by pixel, red first. */
  patches: Float32Array;
  /** Of the picture before it was resized, in pixels. */
  width: number;
  height: number;
}

const schema = z.object({
  resample: z.literal(2, 'only 2 (bilinear) is supported').default(2),
  ...normalisationFields({ rescaleFactor: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }),
});

/**
 * How values are normalised, by a model folder's preprocessor_config.json; to -1..1 where there is none.
 * @throws UserError naming the file and every bad field.
 */
export function readNormalisation(folder: string): Normalisation {
  const file = join(folder, 'preprocessor_config.json');
  return normalisationOfPatches(existsSync(file) ? readJson(file, mostBytes.settings) : {}, file);
}

/** The same from the file's content. */
export function normalisationOfPatches(json: unknown, file: string): Normalisation {
  return normalisationOf(checkJson(json, schema, file, 'an image processor config'));
}

/** A picture resized in its own aspect ratio and cut into patches. @param limit default: `dynamic`. */
export function preprocess(
  image: RgbImage,
  settings: PatchSettings,
  limit?: PatchLimit,
): PatchedPicture {
  const { patchSize } = settings;
  const { rows, columns } = patchGrid(image, patchSize, limit);
  const resized = resizeBilinear(image, columns * patchSize, rows * patchSize);
  const { width, height } = image;
  return { patches: patchesOf(resized, settings), rows, columns, width, height };
}

/** The patches of a picture of whole patches, as `PatchedPicture` has them. */
export function patchesOf(
  { width, height, data }: RgbImage,
  { patchSize, normalisation }: PatchSettings,
): Float32Array {
  if (width % patchSize !== 0 || height % patchSize !== 0) {
    throw new RangeError(`${width} x ${height} pixels are not whole patches of ${patchSize}.`);
  }
  const values = [0, 1, 2].map((channel) => normalisedBytes(normalisation, channel));
  const patches = new Float32Array(data.length);
  const across = width / patchSize;
  const perRow = 3 * patchSize;
  for (let y = 0; y < height; y++) {
    const row = y % patchSize;
    const band = across * Math.floor(y / patchSize);
    for (let column = 0; column < across; column++) {
      let source = 3 * y * width + column * perRow;
      const end = source + perRow;
      let target = ((band + column) * patchSize + row) * perRow;
      for (; source < end; source += 3, target += 3) {
        patches[target] = values[0][data[source]];
        patches[target + 1] = values[1][data[source + 1]];
        patches[target + 2] = values[2][data[source + 2]];
      }
    }
  }
  return patches;
}
