import { z } from 'zod';

/** An id as COCO's files have it: a whole number, or, from some tools, a text. */
export type CocoId = number | string;

/** An id in a file. */
export const cocoIdSchema = z.custom<CocoId>(
  (id) => Number.isSafeInteger(id) || (typeof id === 'string' && id !== ''),
  {
    error: ({ input }) => (input === undefined ? 'is missing' : 'must be a whole number or a text'),
  },
);

/** Something with an id; where the file has a text for it, the number stands for it inside this program. */
export interface Identified {
  id: number;
  /** The id in the file, where it is a text. */
  textId?: string;
}

/** The id as the file has it. */
export function idInFile({ id, textId }: Identified): CocoId {
  return textId ?? id;
}

/**
 * Ids as numbers. Numbers stay; texts get those after the largest, in their order, which is the one in which
 * COCO's tools go through them.
 */
export function numberedIds(ids: Iterable<CocoId>): (id: CocoId) => Identified {
  let largest = 0;
  const texts = new Set<string>();
  for (const id of ids) {
    if (typeof id === 'string') texts.add(id);
    else largest = Math.max(largest, id);
  }
  const numbers = new Map([...texts].sort().map((text, i) => [text, largest + 1 + i]));
  return (id) => (typeof id === 'string' ? { id: numbers.get(id)!, textId: id } : { id });
}

/** Things by their ids; a text of digits is also the number, and the other way round, where only that is there. */
export class ById<T> {
  readonly #things = new Map<CocoId, T>();

  /** @returns what had the id before, which stays. */
  add(id: CocoId, thing: T): T | undefined {
    const known = this.#things.get(id);
    if (known === undefined) this.#things.set(id, thing);
    return known;
  }

  get(id: CocoId): T | undefined {
    return this.#things.get(id) ?? this.#things.get(inOtherWords(id));
  }
}

/** 7 for "7", and "7" for 7; other texts, "007" too, stay as they are. */
function inOtherWords(id: CocoId): CocoId {
  if (typeof id === 'number') return String(id);
  const number = Number(id);
  return Number.isSafeInteger(number) && String(number) === id ? number : id;
}
