import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJsonFile } from '../files/jsonFile.js';
import { packageRoot } from '../files/packageRoot.js';

/** A sentence with a place for a name. */
export const templateSchema = z
  .string()
  .refine((text) => text.split('{}').length === 2, 'a template has "{}" exactly once');
const schema = z.record(z.string(), z.object({ templates: z.array(templateSchema).min(1) }));

/**
 * Sentences around a name, each with `{}` in the name's place, from a file of named lists.
 * @param name the list: in `configs/templates.json`, `prompt`, `plain` or `imagenet`.
 * @throws UserError when the file has no such list or is broken.
 */
export function loadTemplates(
  name: string,
  file = join(packageRoot, 'configs', 'templates.json'),
): string[] {
  const lists = new Map(Object.entries(readJsonFile(file, schema, 'a file of templates')));
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
