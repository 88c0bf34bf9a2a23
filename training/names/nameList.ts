import { UserError } from '../../src/errors.js';

/** By what names are told apart: case, underscores and spaces more or less do not count. */
export function nameKey(name: string): string {
  return tidyName(name).toLowerCase();
}

/** A name without underscores and superfluous spaces. */
function tidyName(name: string): string {
  return name.replace(/[_\s]+/g, ' ').trim();
}

/** The names of a run in the order in which they come up, each once. */
export class NameList {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();

  /**
   * The place of a name, which is added if it is new.
   * @param where it is from, for messages.
   * @throws UserError for a name without letters, or with a synonym without
   */
  placeOf(name: string, where: string): number {
    const key = nameKey(name);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (!key.split(',').every((synonym) => /[\p{L}\p{N}]/u.test(synonym))) {
      throw new UserError(
        `${where}: ${JSON.stringify(name)} is not a name; synonyms stand between commas, as in "raccoon, coon".`,
      );
    }
    const place = this.all.push(tidyName(name)) - 1;
    this.#places.set(key, place);
    return place;
  }
}
