import { z } from 'zod';
import { UserError } from '../../src/errors.js';
import type { Grid } from '../../src/geometry/grid.js';
import { countTo, modelBounds } from '../../src/modelBounds.js';

const { layers, width, convolutions } = modelBounds;
const tap = countTo(layers);

/** The proposal network's part of a detector.json, and of its training config. */
export const networkSchema = z.strictObject({
  /** The finest level's stride, in patches; each next level's is twice as large. */
  finest: z.literal([0.25, 0.5, 1]).optional(),
  /** After how many blocks of the vision tower its patches are read, for each level from the finest. */
  taps: z.tuple([tap, tap, tap, tap]).optional(),
  /** Channels of the pyramid and of the head. */
  channels: countTo(width).default(256),
  /** 3×3 convolutions of the head before its outputs. */
  convolutions: countTo(convolutions).default(2),
});

/** The sizes of a proposal network. */
export interface NetworkConfig {
  /** Of the levels, in patches, from the finest. */
  strides: readonly number[];
  taps: readonly [number, number, number, number];
  channels: number;
  convolutions: number;
}

/** Values per location: the distances to the box's four sides, centreness, overlap. */
export const outputs = 6;

/** Logarithms of distances are cut here: exp of more would be a box larger than any picture. */
export const largestLogarithm = 6;

const levels = 4;
const finestPixels = 4;

/**
 * The config with what suits a tower filled in: strides from about 4 to about 32 pixels, and taps after a
 * third, half and two thirds of its blocks (4, 6 and 8 of 12) and before the last, which makes the dense
 * features.
 * @throws UserError when a tap lies outside the tower.
 */
export function networkConfig(
  { finest, taps, channels, convolutions }: z.output<typeof networkSchema>,
  { layers, patchSize }: { layers: number; patchSize: number },
): NetworkConfig {
  const share = (part: number) => Math.max(1, Math.round(layers * part));
  const chosen = taps ?? [share(1 / 3), share(1 / 2), share(2 / 3), Math.max(1, layers - 1)];
  const wrong = chosen.find((tap) => tap >= layers);
  if (wrong !== undefined) {
    throw new UserError(
      `network.taps: ${wrong} is too deep; the model has ${layers} blocks, and taps go up to ${layers - 1}.`,
    );
  }
  const power = Math.round(Math.log2(finestPixels / patchSize));
  const first = finest ?? 2 ** Math.min(0, Math.max(-2, power));
  const strides = Array.from({ length: levels }, (_, level) => first * 2 ** level);
  return { strides, taps: chosen, channels, convolutions };
}

/** The config as detector.json holds it: what `networkConfig` turns into the same again. */
export function storedConfig({ strides, ...config }: NetworkConfig): object {
  return { finest: strides[0], ...config };
}

/** Rows and columns of each level's map, for a grid of patches. */
export function levelGrids({ rows, columns }: Grid, strides: readonly number[]): Grid[] {
  return strides.map((stride) => ({
    rows: Math.ceil(rows / stride),
    columns: Math.ceil(columns / stride),
  }));
}
