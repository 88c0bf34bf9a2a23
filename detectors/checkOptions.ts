import { UserError } from '../src/errors.js';
import type { DetectEachOptions } from './detectOptions.js';
import { suppressionMethods } from './postprocess.js';

/** What is wrong with the value of an option; undefined where nothing is. */
type Check = (value: unknown) => string | undefined;

const share: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1
    ? undefined
    : 'must be a number from 0 to 1';
const count: Check = (value) =>
  value === Infinity || (Number.isInteger(value) && (value as number) > 0)
    ? undefined
    : 'must be a whole number above 0';
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const texts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? undefined
    : 'must be a list of texts';
const any: Check = () => undefined;

const checks: Record<keyof DetectEachOptions, Check> = {
  threshold: share,
  thresholds: any,
  nms: share,
  method: (value) =>
    suppressionMethods.some((method) => method === value)
      ? undefined
      : `must be one of ${suppressionMethods.join(', ')}`,
  acrossLabels: share,
  maxDetections: count,
  maxPerImage: count,
  gate: flag,
  negatives: texts,
  ignoreOrientation: flag,
  tiles: any,
  name: any,
  maxPixels: count,
  signal: any,
  onProgress: any,
  onFailure: any,
};

/**
 * Checks options that may come from plain JavaScript.
 * @throws UserError naming an option that there is not, or whose value it cannot have
 */
export function checkOptions(options: DetectEachOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new UserError(
        `There is no option "${name}" of detect; there are ${Object.keys(checks).join(', ')}.`,
      );
    }
    if (value === undefined) continue;
    const wrong = checks[name as keyof DetectEachOptions](value);
    if (wrong) throw new UserError(`${name} ${wrong}; it is ${JSON.stringify(value)}.`);
  }
}
