import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/files/jsonFile.js';
import type { CocoDataset } from './coco.js';

/** Categories of a data set: all that LVIS does not call rare, or those of these names. */
export type CategoryChoice = 'not-rare' | readonly string[];

const schema = z.array(z.string().min(1)).min(1);

/**
 * Reads a choice of categories as configs give it.
 * @param choice "not-rare", or a split file: a JSON list of category names
 * @throws UserError when the file is missing or is no such list
 */
export function readCategoryChoice(choice: string): CategoryChoice {
  if (choice === 'not-rare') return choice;
  return readJsonFile(choice, schema, 'a list of category names');
}

/**
 * The categories of a data set that a choice takes, as indices.
 * @throws UserError when the data set has no category of a name, or does not say which ones are rare
 */
export function chooseCategories(
  { file, categories }: Pick<CocoDataset, 'file' | 'categories'>,
  choice: CategoryChoice,
): Set<number> {
  if (choice === 'not-rare') {
    const unknown = categories.find(({ frequency }) => frequency === undefined);
    if (unknown) {
      throw new UserError(
        `${file} does not say how frequent "${unknown.name}" is, as LVIS does; ` +
          '"not-rare" needs that. Give a list of names instead.',
      );
    }
    return new Set(categories.flatMap(({ frequency }, i) => (frequency === 'r' ? [] : [i])));
  }
  const known = new Set(categories.map(({ name }) => name));
  const missing = choice.filter((name) => !known.has(name));
  if (missing.length > 0) {
    throw new UserError(
      `${file} has no category "${missing.join('", "')}", which the split names.`,
    );
  }
  const chosen = new Set(choice);
  return new Set(categories.flatMap(({ name }, i) => (chosen.has(name) ? [i] : [])));
}
