import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJsonFile } from '../files/jsonFile.js';
import { packageRoot } from '../files/packageRoot.js';
import { inWritingOf } from './han.js';

/** A sentence with a place for a name. */
export const templateSchema = z
  .string()
  .refine((text) => text.split('{}').length === 2, 'a template has "{}" exactly once');
const schema = z.record(
  z.string(),
  z.object({
    templates: z.array(templateSchema).min(1),
    /** For names in Chinese characters, where there are others than for all. */
    chinese: z.array(templateSchema).default([]),
  }),
);

/**
 * Sentences around a name, each with `{}` in the name's place, from a file of named lists; Chinese ones, where a list
 * has them, come last.
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
  return [...found.templates, ...found.chinese];
}

/** Each template in the name's writing (`inWritingOf`), with `name` in its place. */
export function fillTemplates(templates: readonly string[], name: string): string[] {
  return inWritingOf(name, templates).map((text) => text.replace('{}', () => name));
}
