import { UserError } from '../errors.js';
import type { Grid } from '../geometry/grid.js';
import { modelBounds } from '../modelBounds.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The most patches of a picture, or `dynamic`: as many as its own pixels are worth, in five steps. */
export type PatchLimit = number | 'dynamic';

/** By how much pictures are scaled: at the least, at the most, and how exactly that is found. */
const scales = { least: 1e-6, most: 100, step: 1e-5 };

const steps = [128, 256, 576, 784, 1024];

/** The largest `dynamicLimit`. */
export const mostDynamic = 1024;

/** @throws UserError for what is no number of patches */
export function checkPatchLimit(limit: unknown): void {
  if (limit === 'dynamic') return;
  if (Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= modelBounds.patches) return;
  throw new UserError(
    `"patches" takes "dynamic" or a whole number from 1 to ${modelBounds.patches}, not ${JSON.stringify(limit) ?? limit}.`,
  );
}

/** The limit for a picture that is looked at in `scale` times the detail. */
export function scaledLimit(
  picture: Size,
  patchSize: number,
  limit: PatchLimit,
  scale: number,
): number {
  const most = limit === 'dynamic' ? dynamicLimit(picture, patchSize) : limit;
  return Math.max(1, Math.round(most * scale ** 2));
}

/** The most patches that a picture is worth, by the patches that it has as it is. */
export function dynamicLimit({ width, height }: Size, patchSize: number): number {
  const patches = Math.floor(width / patchSize) * Math.floor(height / patchSize);
  return steps.findLast((_, i) => i === 0 || patches > steps[i - 1])!;
}

/**
 * The patches that a picture becomes: as many as the limit allows in its own aspect ratio, small pictures
 * enlarged up to a hundred times (NaFlex of SigLIP 2, equal to the reference in every number).
 */
export function patchGrid(picture: Size, patchSize: number, limit: PatchLimit = 'dynamic'): Grid {
  const most = limit === 'dynamic' ? dynamicLimit(picture, patchSize) : limit;
  const count = (pixels: number, scale: number) =>
    Math.max(1, Math.ceil((pixels * scale) / patchSize));
  let { least, most: largest } = scales;
  while (largest - least >= scales.step) {
    const middle = (least + largest) / 2;
    if (count(picture.height, middle) * count(picture.width, middle) <= most) least = middle;
    else largest = middle;
  }
  return { rows: count(picture.height, least), columns: count(picture.width, least) };
}
