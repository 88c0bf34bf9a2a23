import type { StoredRecord } from '../../datasets/finehard.js';
import { UserError } from '../../src/errors.js';
import type { Draft } from './drafts.js';

/** Numbers to add up over all records, by what they count. */
export type Counts = Record<string, number>;

/** One of the steps that make training data: captions, regions, negatives. */
export interface ConstructionStep {
  /** "captions": the step's name for messages and files. */
  name: string;
  /** Whatever decides what comes out besides the records; a JSON value. */
  identity: unknown;
  /** Records that it works on at a time. */
  concurrency: number;
  /**
   * The record with what the step adds.
   * @param counts whatever is to be added up for the report; told also where the record fails
   * @throws Rejected when nothing can be made of the record; Unanswered when it can be tried again later
   */
  run(draft: Draft, counts: Counts, signal?: AbortSignal): Promise<StoredRecord>;
}

/** Nothing can be made of a record, for this reason. */
export class Rejected extends UserError {
  override name = 'Rejected';
}

/** A record could not be worked on now, and can later. */
export class Unanswered extends UserError {
  override name = 'Unanswered';
}
