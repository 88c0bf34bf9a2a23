/** Memory for the counters of all branches; where there are more of them, some share theirs. */
export function countersOf(): SharedArrayBuffer {
  return new SharedArrayBuffer(counterCount);
}

export const counterCount = 1 << 16;

/**
 * What instrumented modules tell of a run: they find it as `globalThis.fuzzProbes`.
 *
 * Each branch of the code has a counter. An input is worth keeping where it comes to a branch that none came to, or
 * comes there more often by an order, as in AFL (https://lcamtuf.coredump.cx/afl/technical_details.txt).
 */
export class Probes {
  readonly counts: Uint8Array;
  /** Texts and names in the code: what readers look for. */
  readonly words = new Set<string>();
  /** Values that were compared and differ, of the run under way. */
  readonly pairs: [string, string][] = [];
  readonly #seen = new Uint8Array(counterCount);

  constructor(counters: SharedArrayBuffer) {
    this.counts = new Uint8Array(counters);
  }

  /** Branches that any input came to. */
  get branches(): number {
    return this.#seen.reduce((sum, bits) => sum + (bits ? 1 : 0), 0);
  }

  /** Called by a module when it is loaded. */
  add(words: readonly string[]): void {
    for (const word of words) this.words.add(word);
  }

  /** Stands for `a === b`. */
  equal(a: unknown, b: unknown): boolean {
    if (a !== b && this.pairs.length < mostPairs && isShort(a) && isShort(b)) {
      this.pairs.push([String(a), String(b)]);
    }
    return a === b;
  }

  start(): void {
    this.counts.fill(0);
    this.pairs.length = 0;
  }

  /** Whether the run that ends came to something new. */
  isNew(): boolean {
    let found = false;
    for (let i = 0; i < counterCount; i++) {
      const bit = orders[this.counts[i]];
      if ((this.#seen[i] & bit) === bit) continue;
      this.#seen[i] |= bit;
      found = true;
    }
    return found;
  }
}

const mostPairs = 64;

/** A bit for each order of how often a branch was taken. */
const orders = Uint8Array.from({ length: 256 }, (_, count) => {
  const limits = [1, 2, 3, 4, 8, 16, 32, 128];
  const order = limits.findLastIndex((limit) => count >= limit);
  return order < 0 ? 0 : 1 << order;
});

function isShort(value: unknown): boolean {
  return (
    typeof value === 'number' || (typeof value === 'string' && value !== '' && value.length < 40)
  );
}
