import type { BenchCase } from '../cases.js';

/** Pictures of a case: of 640×480 pixels, cut into as many patches as the limit allows. */
export interface PictureCase extends BenchCase {
  part: 'image' | 'dense';
  limit: number;
}

export interface TextCase extends BenchCase {
  part: 'short' | 'long';
}

const pictures = (part: PictureCase['part'], limit: number, count: number): PictureCase => ({
  name: `${part}${limit}x${count}`,
  title: `${part} features, ${limit} patches, batch ${count}`,
  unit: 'image',
  ...{ part, limit, count },
});

export const limits = [256, 784, 1024];

/** What is timed, in the order of the table. */
export const cases: readonly (PictureCase | TextCase)[] = [
  ...(['image', 'dense'] as const).flatMap((part) =>
    limits.flatMap((limit) => [1, 8].map((count) => pictures(part, limit, count))),
  ),
  { name: 'short', title: 'short texts, batch 32', unit: 'text', part: 'short', count: 32 },
  { name: 'long', title: 'long texts, batch 8', unit: 'text', part: 'long', count: 8 },
];
