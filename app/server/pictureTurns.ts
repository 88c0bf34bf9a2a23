import { type TurnLimits, Turns } from './turns.js';

/** Pictures of more than this share of the most pixels are large. */
const largeShare = 1 / 4;

/**
 * Turns for pictures. Large ones, which take seconds, have turns of their own, so that however many come, the others
 * wait for none of them; nor do the others keep those from their turns.
 */
export class PictureTurns {
  readonly #most: number;
  readonly #ordinary: Turns;
  readonly #large: Turns;

  /** @param pixels that a picture may have. */
  constructor(pixels: number, ordinary: TurnLimits, large: TurnLimits) {
    this.#most = largeShare * pixels;
    this.#ordinary = new Turns(ordinary);
    this.#large = new Turns(large);
  }

  get waiting(): number {
    return this.#ordinary.waiting + this.#large.waiting;
  }

  get running(): number {
    return this.#ordinary.running + this.#large.running;
  }

  /** Does work on a picture of so many pixels when its turn comes: see `Turns`. */
  turn<T>(work: () => Promise<T>, pixels: number, signal?: AbortSignal): Promise<T> {
    const turns = pixels > this.#most ? this.#large : this.#ordinary;
    return turns.turn(work, pixels, signal);
  }
}
