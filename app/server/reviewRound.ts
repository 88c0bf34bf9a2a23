import { UserError } from '../../src/errors.js';
import type { LookOptions } from '../prelabel/prelabel.js';
import type { ProposingDetector } from '../prelabel/proposeAgain.js';

/** How far a round of a review has come. */
export interface RoundState {
  state: 'idle' | 'looking' | 'done' | 'failed';
  /** Pictures that were looked at, and how many there are to look at. */
  done: number;
  total: number;
  /** Why it failed. */
  message?: string;
}

/** Looks anew at the pictures under review that nobody has gone through. */
export type ProposeAgain = (detector: ProposingDetector, options: LookOptions) => Promise<void>;

/** Rounds of a review, one at a time, in the background. */
export class ReviewRound {
  readonly #propose: (options: LookOptions) => Promise<void>;
  readonly #log: (line: string) => void;
  #state: RoundState = { state: 'idle', done: 0, total: 0 };
  #stopping: AbortController | undefined;

  /** @param log told what went wrong. */
  constructor(propose: (options: LookOptions) => Promise<void>, log: (line: string) => void) {
    this.#propose = propose;
    this.#log = log;
  }

  get state(): RoundState {
    return this.#state;
  }

  /** Begins one, unless one is under way. */
  start(): void {
    if (this.#stopping) return;
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#state = { state: 'looking', done: 0, total: 0 };
    const options: LookOptions = {
      signal: stopping.signal,
      onProgress: (done, total) => {
        this.#state = { state: 'looking', done, total };
      },
      onProblem: this.#log,
    };
    this.#propose(options).then(
      () => this.#end({ state: 'done' }),
      (error) => this.#end(stopping.signal.aborted ? { state: 'idle' } : this.#failure(error)),
    );
  }

  /** Ends the one under way: what it has found is not used. */
  stop(): void {
    this.#stopping?.abort();
  }

  #end(ended: Pick<RoundState, 'state' | 'message'>): void {
    this.#stopping = undefined;
    this.#state = { ...this.#state, ...ended };
  }

  #failure(error: unknown): Pick<RoundState, 'state' | 'message'> {
    if (error instanceof UserError) return { state: 'failed', message: error.message };
    this.#log(`A round of the review failed: ${(error as Error).stack}`);
    return { state: 'failed', message: 'The server failed at this; its log says more.' };
  }
}
