import { UserError } from '../../src/errors.js';
import { styles, things } from './catalogue.js';
import type { TextDetail } from './describe.js';
import type { SceneOptions, Split } from './drawScene.js';

/** What to draw; everything but the count has a default. */
export interface DatasetOptions {
  count: number;
  split?: Split;
  seed?: number;
  /** Side of the pictures in pixels, or width and height. */
  size?: number | readonly [number, number];
  objects?: readonly [number, number];
  /** Smallest and largest extent of an object: pixels, or shares of the shorter side if <= 1. */
  objectSize?: readonly [number, number];
  attributes?: readonly [number, number];
  styles?: readonly string[];
  texts?: TextDetail;
}

/** `DatasetOptions` with every default filled in. */
export interface CompleteOptions extends SceneOptions {
  count: number;
  /** What the texts tell; the pictures do not depend on it. */
  texts: TextDetail;
}

/** The names of the splits. */
export const splits: readonly Split[] = ['train', 'seen', 'unseen'];

/** The drawing styles that a split shows unless told otherwise. */
export function stylesOf(split: Split): string[] {
  const use = split === 'unseen' ? 'unseen' : 'train';
  return styles.filter((style) => style.use === use).map((style) => style.name);
}

/**
 * The options with their defaults filled in: scenes of 4 to 10 objects on 128 x 128 pixels. Single
 * objects fill 0.45 to 0.95 of the picture, others 0.18 to 0.5.
 * @throws UserError naming the option that cannot be met.
 */
export function completeOptions(options: DatasetOptions): CompleteOptions {
  const { count, split = 'train', seed = 1, size = 128, objects = [4, 10] } = options;
  const complete = {
    count,
    seed,
    split,
    size: typeof size === 'number' ? ([size, size] as const) : size,
    objects,
    objectSize: options.objectSize ?? (objects[1] === 1 ? [0.45, 0.95] : [0.18, 0.5]),
    attributes: options.attributes ?? [0, 3],
    styles: options.styles ?? stylesOf(split),
    texts: options.texts ?? 'full',
  } satisfies CompleteOptions;
  check(Number.isInteger(count) && count > 0, 'count', 'must be a whole number above 0', count);
  check(Number.isSafeInteger(seed), 'seed', 'must be a whole number', seed);
  check(splits.includes(split), 'split', `must be one of ${splits.join(', ')}`, split);
  check(
    complete.size.every((side) => Number.isInteger(side) && side >= 32 && side <= 2048),
    'size',
    'must be whole numbers from 32 to 2048',
    complete.size,
  );
  checkRange('objects', objects, 1, 40, Number.isInteger);
  checkRange('attributes', complete.attributes, 0, 3, Number.isInteger);
  checkObjectSize(complete);
  checkStyles(complete);
  return complete;
}

function checkObjectSize({ objectSize, size }: SceneOptions): void {
  const shorter = Math.min(...size);
  checkRange('object size', objectSize, 0, shorter, Number.isFinite);
  const pixels = objectSize.map((side) => (side <= 1 ? side * shorter : side));
  check(
    pixels[0] >= 12 && pixels[1] <= shorter,
    'object size',
    `must be from 12 to ${shorter} pixels (or shares of ${shorter})`,
    objectSize,
  );
}

function checkStyles({ styles: names, split }: SceneOptions): void {
  const known = styles.map((style) => style.name);
  check(names.length > 0, 'styles', 'must not be empty', names);
  for (const name of names) {
    check(known.includes(name), 'styles', `knows ${known.join(', ')}`, name);
    const { use } = styles.find((style) => style.name === name)!;
    check(
      split !== 'train' || use === 'train',
      'styles',
      'of the split "train" must not hold a style that is kept unseen',
      name,
    );
  }
}

function checkRange(
  name: string,
  [low, high]: readonly [number, number],
  least: number,
  most: number,
  isValid: (value: number) => boolean,
): void {
  check(
    isValid(low) && isValid(high) && low <= high && low >= least && high <= most,
    name,
    `must be a range within ${least} to ${most}`,
    [low, high],
  );
}

function check(holds: boolean, name: string, rule: string, value: unknown): void {
  if (!holds) throw new UserError(`Option ${name} ${rule}, not ${JSON.stringify(value)}.`);
}

/** Category numbers of the things, as COCO files have them. */
export const categories = things.map((thing, i) => ({ id: i + 1, name: thing.name }));
