import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { packageRoot } from '../packageRoot.js';

const template = z
  .string()
  .refine((text) => text.split('{}').length === 2, 'a template has "{}" exactly once');
const schema = z.record(z.string(), z.object({ templates: z.array(template).min(1) }));

/**
 * Sentences around a name, each with `{}` in the name's place, from a file of named lists.
 * @param name the list: in `configs/templates.json`, `prompt`, `plain` or `imagenet`.
 * @throws UserError when the file has no such list or is broken.
 */
export function loadTemplates(
  name: string,
  file = join(packageRoot, 'configs', 'templates.json'),
): string[] {
  const parsed = schema.safeParse(readJson(file));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new UserError(`${file}: ${path.join('.')}: ${message}.`);
  }
  const lists = new Map(Object.entries(parsed.data));
  const found = lists.get(name);
  if (!found) {
    throw new UserError(`${file} has no list "${name}"; it has ${[...lists.keys()].join(', ')}.`);
  }
  return found.templates;
}

/** Each template with `name` in its place. */
export function fillTemplates(templates: readonly string[], name: string): string[] {
  return templates.map((text) => text.replace('{}', () => name));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file} cannot be read (${(error as Error).message}).`);
  }
}
