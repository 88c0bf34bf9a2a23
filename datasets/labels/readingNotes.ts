import pluralize from 'pluralize';

/** What a reader has to say besides the labels: what it left out, and what it could not find. */
export class ReadingNotes {
  readonly #leftOut = new Map<string, number>();
  readonly #others = new Set<string>();

  /** @param what in the singular: "box without an area". */
  leaveOut(what: string, count = 1): void {
    this.#leftOut.set(what, (this.#leftOut.get(what) ?? 0) + count);
  }

  /** @param sentence said once however often it is given. */
  say(sentence: string): void {
    this.#others.add(sentence);
  }

  /** Sentences, one for each kind. */
  sentences(): string[] {
    const leftOut = [...this.#leftOut].map(([what, count]) => `${counted(count, what)} left out.`);
    return [...leftOut, ...this.#others];
  }
}

/** "2 annotations without a box" */
export function counted(count: number, what: string): string {
  const [noun, ...others] = what.split(/(?= (?:without|of|from|with|beside|that) )/);
  return `${pluralize(noun, count, true)}${others.join('')}`;
}
