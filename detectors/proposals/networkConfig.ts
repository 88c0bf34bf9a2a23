import { z } from 'zod';
import type { VisionConfig } from '../../src/fgclip/config.js';

const count = z.int().positive();

/** The proposal network's part of a detector.json, and of its training config. */
export const networkSchema = z.strictObject({
  /** After how many blocks of the vision tower its patches are read: for strides ¼, ½, 1 and 2. */
  taps: z.tuple([count, count, count, count]).optional(),
  /** Channels of the pyramid and of the head. */
  channels: count.default(256),
  /** 3×3 convolutions of the head before its outputs. */
  convolutions: count.default(2),
});

/** The sizes of a proposal network. */
export interface NetworkConfig {
  taps: readonly [number, number, number, number];
  channels: number;
  convolutions: number;
}

/** Strides of the pyramid's levels, in patches. */
export const strides = [0.25, 0.5, 1, 2] as const;

/** Values per location: the distances to the box's four sides, centreness, overlap. */
export const outputs = 6;

/** Logarithms of distances are cut here: exp of more would be a box larger than any picture. */
export const largestLogarithm = 6;

/**
 * The config with the taps filled in that suit a tower: after a third, half and two thirds of its blocks
 * (4, 6 and 8 of 12), and before the last, which makes the dense features.
 * @throws Error when a tap lies outside the tower.
 */
export function networkConfig(
  { taps, channels, convolutions }: z.output<typeof networkSchema>,
  { layers }: Pick<VisionConfig, 'layers'>,
): NetworkConfig {
  const share = (part: number) => Math.max(1, Math.round(layers * part));
  const chosen = taps ?? [share(1 / 3), share(1 / 2), share(2 / 3), Math.max(1, layers - 1)];
  const wrong = chosen.find((tap) => tap >= layers);
  if (wrong !== undefined) {
    throw new Error(
      `taps: ${wrong} is too deep; the model has ${layers} blocks, and taps go up to ${layers - 1}.`,
    );
  }
  return { taps: chosen, channels, convolutions };
}

/** Rows and columns of each level's map, for a grid of patches. */
export function levelGrids(rows: number, columns: number): { rows: number; columns: number }[] {
  return strides.map((stride) => ({
    rows: Math.ceil(rows / stride),
    columns: Math.ceil(columns / stride),
  }));
}
