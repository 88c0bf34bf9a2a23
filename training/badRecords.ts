import { UserError } from '../src/errors.js';

/** How many of the records shown so far a share is taken of, at least. */
const fewestShown = 100;

/** Counts the records of a run that cannot be read, and gives up when they are too many. */
export class BadRecords {
  readonly #known = new Set<number>();
  readonly #share: number;
  readonly #total: number;
  #shown = 0;

  /**
   * @param share of the distinct records shown, the share that may be unreadable.
   * @param total records there are.
   */
  constructor(share: number, total: number) {
    this.#share = share;
    this.#total = total;
  }

  /** Distinct records so far that cannot be read. */
  get count(): number {
    return this.#known.size;
  }

  /**
   * Takes note of a batch.
   * @returns the reasons of records that were not known to be bad.
   * @throws UserError when more than the share is bad.
   */
  add(batch: { bad: { record: number; reason: string }[] }, shown: number): string[] {
    this.#shown += shown;
    const fresh = batch.bad.filter(({ record }) => !this.#known.has(record));
    for (const { record } of fresh) this.#known.add(record);
    const base = Math.max(fewestShown, Math.min(this.#shown, this.#total));
    if (this.count > this.#share * base) {
      const share = `${(100 * this.#share).toFixed(1)} %`;
      throw new UserError(
        `${this.count} records cannot be read, more than the ${share} that "badRecords" allows of those tried ` +
          `so far. The last one: ${fresh.at(-1)?.reason ?? 'see above'}`,
      );
    }
    return fresh.map(({ reason }) => reason);
  }
}
