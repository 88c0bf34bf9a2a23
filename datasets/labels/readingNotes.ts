import pluralize from 'pluralize';

/** What a reader has to say besides the labels: what it left out, and what it could not find. */
export class ReadingNotes {
  readonly #leftOut = new Map<string, number>();
  readonly #passedOver = new Map<string, number>();
  #unscored = 0;
  readonly #others = new Set<string>();

  /** Counts what is lost. @param what in the singular: "box without an area". */
  leaveOut(what: string, count = 1): void {
    add(this.#leftOut, what, count);
  }

  /** Counts what gives no box, and is kept for who writes the same format again. @param what in the singular. */
  passOver(what: string, count = 1): void {
    add(this.#passedOver, what, count);
  }

  /** Counts a score that is none. */
  passOverScore(): void {
    this.#unscored++;
  }

  /** @param sentence said once however often it is given. */
  say(sentence: string): void {
    this.#others.add(sentence);
  }

  /** Sentences, one for each kind. */
  sentences(): string[] {
    const passedOver = [...this.#passedOver].map(([what, count]) => counted(count, what));
    return [
      ...[...this.#leftOut].map(([what, count]) => `${counted(count, what)} left out.`),
      ...(passedOver.length > 0 ? [`Not read as labels: ${passedOver.join(', ')}.`] : []),
      ...(this.#unscored > 0
        ? [`${counted(this.#unscored, 'score')} not read: a score is a number from 0 to 1.`]
        : []),
      ...this.#others,
    ];
  }
}

function add(counts: Map<string, number>, what: string, count: number): void {
  if (count > 0) counts.set(what, (counts.get(what) ?? 0) + count);
}

/** "2 annotations without a box" */
export function counted(count: number, what: string): string {
  const [noun, ...others] = what.split(/(?= (?:without|of|from|with|beside|that) )/);
  return `${pluralize(noun, count, true)}${others.join('')}`;
}
