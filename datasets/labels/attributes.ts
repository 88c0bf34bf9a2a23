import type { Attributes } from './labelSet.js';
import type { ReadingNotes } from './readingNotes.js';

type Values = Readonly<Record<string, unknown>>;

/** Those of a file's values that attributes can be, and the others; undefined where there are none. */
export function splitAttributes(values: Values): { attributes?: Attributes; others?: Values } {
  const entries = Object.entries(values);
  const isAttribute = ([, value]: [string, unknown]) =>
    ['string', 'number', 'boolean'].includes(typeof value);
  const attributes = entries.filter(isAttribute) as [string, string | number | boolean][];
  const others = entries.filter((entry) => !isAttribute(entry));
  return {
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(others.length > 0 && { others: Object.fromEntries(others) }),
  };
}

/**
 * A score as the model has it; undefined where there is none.
 * @param notes is told of what is there and is no share of 1.
 */
export function asScore(value: unknown, notes: ReadingNotes): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  notes.passOverScore();
  return undefined;
}

/** The values without some; undefined when none are left. */
export function without(values: Values, ...names: string[]): Values | undefined {
  const left = Object.entries(values).filter(([name]) => !names.includes(name));
  return left.length > 0 ? Object.fromEntries(left) : undefined;
}
