import { z } from 'zod';
import { UserError } from '../../../src/errors.js';
import type { Size } from '../../scales.js';
import type { ModelType } from './modelTypes.js';
import type { ImageProcessor } from './transformers.js';

const side = z.int().positive();
const sizeForms = z.union([
  z.object({ height: side, width: side }),
  z.object({ shortest_edge: side, longest_edge: side }),
  z.object({ max_height: side, max_width: side }),
  // Of files of the first years.
  side,
  z.tuple([side, side]).transform(([height, width]) => ({ height, width })),
]);

/** The longest side where a file of the first years names only the shortest. */
const usualLongest = 1333;

/**
 * The size that a detector's picture is resized to, by the rules of its processor in Python.
 * @param processor of which preprocessor_config.json says the size.
 * @throws UserError for a form of size that is not known.
 */
export function resizedSize(picture: Size, type: ModelType, processor: SizeRule): Size {
  const { width, height } = picture;
  if (processor.size === undefined) return { width, height };
  const { success, data: size } = sizeForms.safeParse(processor.size);
  if (!success) {
    throw new UserError(
      `its preprocessor_config.json has a size of an unknown form: ${JSON.stringify(processor.size)}`,
    );
  }
  if (typeof size === 'number') {
    if (type.asks === 'texts') return { width: size, height: size };
    return fitted(picture, size, processor.config.max_size ?? usualLongest, type.multiple);
  }
  if ('shortest_edge' in size) {
    return fitted(picture, size.shortest_edge, size.longest_edge, type.multiple);
  }
  if ('max_height' in size) {
    const scale = Math.min(size.max_width / width, size.max_height / height);
    return { width: Math.trunc(width * scale), height: Math.trunc(height * scale) };
  }
  return { width: size.width, height: size.height };
}

/** What says the size. */
type SizeRule = Pick<ImageProcessor, 'size' | 'config'>;

/** The shorter side becomes `shortest`, unless the longer one were then over `longest`. */
function fitted({ width, height }: Size, shortest: number, longest: number, multiple = 1): Size {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const isTooLong = (long / short) * shortest > longest;
  const exact = isTooLong ? (longest * short) / long : shortest;
  const one = roundHalfToEven(exact);
  const other = short === one ? long : Math.trunc((exact * long) / short);
  const whole = (value: number) => value - (value % multiple);
  return width < height
    ? { width: whole(one), height: whole(other) }
    : { width: whole(other), height: whole(one) };
}

function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
