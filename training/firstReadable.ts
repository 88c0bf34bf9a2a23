import { UserError } from '../src/errors.js';

/** A record that was passed over because it or its picture cannot be read. */
export interface BadRecord {
  record: number;
  reason: string;
}

/** How many records in a row may be unreadable before a batch is given up. */
const mostReplacements = 100;

/**
 * What `read` makes of a record, or of the next one after it that can be read.
 * @param among the records that may take its place; the first follows the last.
 * @param read throws a UserError for a record that cannot be read.
 * @param bad is told which records were passed over.
 * @throws UserError when there is no readable one near.
 */
export async function firstReadable<T>(
  record: number,
  among: { first: number; count: number },
  read: (record: number) => Promise<T>,
  bad: BadRecord[],
): Promise<T> {
  const { first, count } = among;
  const tries = Math.min(count, mostReplacements);
  let reason = '';
  for (let attempt = 0; attempt < tries; attempt++) {
    const candidate = first + ((record - first + attempt) % count);
    try {
      return await read(candidate);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      reason = error.message;
      bad.push({ record: candidate, reason });
    }
  }
  throw new UserError(`${tries} records in a row cannot be read; the last one: ${reason}`);
}
