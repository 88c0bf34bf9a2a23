import type { LabelFormat } from './labelFormat.js';
import type { LabelSet } from './labelSet.js';
import { outlineName } from './outline.js';
import { counted } from './readingNotes.js';

/** How many of what, such as "score" or "ellipse", a format has no place for. */
export type LeftOut = ReadonlyMap<string, number>;

/** Sentences of what is lost: "2 scores left out: yolo has no place for them". */
export function leftOutSentences(leftOut: LeftOut, { name }: Pick<LabelFormat, 'name'>): string[] {
  return [...leftOut].map(
    ([what, count]) =>
      `${counted(count, what)} left out: ${name} has no place for ${count === 1 ? 'it' : 'them'}`,
  );
}

/**
 * What is lost when a set is written in a format.
 * @param from the format that the set was read from, if it was.
 */
export function leftOutBy(to: LabelFormat, set: LabelSet, from?: LabelFormat): LeftOut {
  const counts = new Map<string, number>();
  const add = (what: string, count = 1) => counts.set(what, (counts.get(what) ?? 0) + count);
  const isOwn = from?.name === to.name;
  for (const image of set.images) {
    for (const { score, attributes = {}, outline } of image.boxes) {
      if (score !== undefined && !to.scores) add('score');
      const names = Object.keys(attributes);
      const lost = to.attributes ? names.filter((name) => !to.attributes!.includes(name)) : [];
      if (lost.length > 0) add('attribute', lost.length);
      const name = outline && outlineName(outline);
      if (name && !isOwn && !to.outlines?.includes(name)) add(name);
    }
    if (from && !isOwn) for (const shape of from.shapes(image)) add(shape);
  }
  return counts;
}
