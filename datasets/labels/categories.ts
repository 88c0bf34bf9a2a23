import { UserError } from '../../src/errors.js';
import type { LabelCategory, LabelledImage } from './labelSet.js';

/**
 * The number of each category: its own or, where it has none or that is taken, its place in the list, or else
 * the next that is free.
 * @param first what the format counts from.
 */
export function categoryIds(categories: readonly LabelCategory[], first: number): number[] {
  const taken = new Set<number>();
  const ids: (number | undefined)[] = categories.map(({ id }) => {
    if (id === undefined || taken.has(id)) return undefined;
    taken.add(id);
    return id;
  });
  let next = first;
  return ids.map((id, place) => {
    if (id !== undefined) return id;
    let free = place + first;
    if (taken.has(free)) {
      while (taken.has(next)) next++;
      free = next;
    }
    taken.add(free);
    return free;
  });
}

/**
 * The number of a box's category.
 * @param ids in the order of the categories
 */
export function idByName(
  categories: readonly LabelCategory[],
  ids: readonly number[],
): (label: string, image: LabelledImage) => number {
  const byName = new Map(
    categories.map(({ name }, place) => [name, ids[place]]).toReversed() as [string, number][],
  );
  return (label, { file }) => {
    const id = byName.get(label);
    if (id !== undefined) return id;
    throw new UserError(`${file}: "${label}" is not one of the categories.`);
  };
}

/** Categories in the order in which boxes name them, for formats that have no list; after those of one that do. */
export function namedCategories(
  images: Iterable<Pick<LabelledImage, 'boxes'>>,
  listed: readonly LabelCategory[] = [],
): LabelCategory[] {
  const names = new Set(listed.map(({ name }) => name));
  const added: LabelCategory[] = [];
  for (const { boxes } of images) {
    for (const { label } of boxes) {
      if (names.has(label)) continue;
      names.add(label);
      added.push({ name: label });
    }
  }
  return [...listed, ...added];
}
