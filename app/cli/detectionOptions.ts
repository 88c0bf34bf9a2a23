import type { Argv } from 'yargs';
import type { DetectOptions } from '../../detectors/detector.js';
import type { TileRequest } from '../../detectors/tiles.js';
import { decimalNumber } from '../../src/decimalNumber.js';
import { UsageError } from './common.js';
import { fittedOption } from './modelOptions.js';

export interface DetectionArguments {
  negative?: string[];
  threshold?: number;
  nms?: number;
  softNms?: boolean;
  acrossLabels?: number;
  max?: number;
  maxPerImage?: number;
  tiles?: string;
  proposals?: string;
}

/** Options of every command that looks for things in pictures. */
export function detectionOptions<T>(yargs: Argv<T>): Argv<T & DetectionArguments> {
  return yargs
    .option('negative', {
      alias: 'n',
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'A look-alike that is not wanted; repeat for more',
    })
    .option('threshold', {
      alias: 't',
      type: 'number',
      requiresArg: true,
      describe: "Least score, 0 to 1; if absent, the model folder's",
    })
    .option('proposals', {
      type: 'string',
      requiresArg: true,
      describe:
        'Where boxes come from: network, photos (of the model that ships), dense (FG-CLIP), ' +
        'file:<COCO results>[,<COCO annotations>], hub:<transformers.js model>[,dtype=q8] or module:<file.js>; ' +
        "if absent, the model's network, else photos",
    })
    .option('fitted', fittedOption)
    .option('tiles', {
      type: 'string',
      describe: 'Also look at overlapping tiles, for small things; a side in pixels, or auto',
    })
    .option('nms', {
      type: 'number',
      requiresArg: true,
      describe: 'Boxes of one label that overlap more (IoU, 0 to 1) are one',
    })
    .option('soft-nms', {
      type: 'boolean',
      describe: 'Lower the scores of boxes that overlap a better one, rather than drop them',
    })
    .option('across-labels', {
      type: 'number',
      requiresArg: true,
      describe: 'Boxes of different labels that overlap more are one, with the best label',
    })
    .option('max', {
      type: 'number',
      requiresArg: true,
      describe: 'Most boxes of each label in a picture',
    })
    .option('max-per-image', {
      type: 'number',
      requiresArg: true,
      describe: 'Most boxes of all labels together',
    });
}

/**
 * What the arguments ask of a detector.
 * @throws UsageError for a number outside its range.
 */
export function parseDetection(args: DetectionArguments): DetectOptions {
  for (const name of ['threshold', 'nms', 'across-labels'] as const) {
    const value = (args as Record<string, unknown>)[name] as number | undefined;
    if (value !== undefined && !(value >= 0 && value <= 1)) {
      throw new UsageError(`--${name} takes a number from 0 to 1.`);
    }
  }
  for (const name of ['max', 'max-per-image'] as const) {
    const value = (args as Record<string, unknown>)[name] as number | undefined;
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      throw new UsageError(`--${name} takes a whole number above 0.`);
    }
  }
  return {
    threshold: args.threshold,
    nms: args.nms,
    method: args.softNms ? 'gaussian' : undefined,
    acrossLabels: args.acrossLabels,
    maxDetections: args.max,
    maxPerImage: args.maxPerImage,
    negatives: args.negative ?? [],
    tiles: parseTiles(args.tiles),
  };
}

/** @param text absent; empty or "auto"; or a side in pixels. */
function parseTiles(text: string | undefined): TileRequest | undefined {
  if (text === undefined) return undefined;
  if (text === '' || text === 'auto') return { size: 'auto' };
  const size = decimalNumber(text);
  if (!Number.isInteger(size) || size < 16) {
    throw new UsageError(`--tiles takes "auto" or a side of at least 16 pixels, not "${text}".`);
  }
  return { size };
}
