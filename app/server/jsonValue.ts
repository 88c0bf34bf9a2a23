import { parseJson } from '../../src/files/jsonFile.js';
import { Refusal } from './errors.js';

/**
 * The value of a JSON text from a request.
 * @param where its place, for messages.
 * @throws UserError where it is none, Refusal where it holds what could change all objects of the process.
 */
export function jsonValue(text: string, where: string): unknown {
  const value = parseJson(text, where);
  const key = forbiddenKey(value);
  if (key === undefined) return value;
  throw new Refusal(400, `${where} has a key "${key}", which is not taken.`);
}

/** How deep it goes has been counted. */
function forbiddenKey(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, '__proto__')) return '__proto__';
  const made = Object.hasOwn(value, 'constructor') && value.constructor;
  if (typeof made === 'object' && made && Object.hasOwn(made, 'prototype')) {
    return 'constructor.prototype';
  }
  for (const inner of Object.values(value)) {
    const found = forbiddenKey(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
