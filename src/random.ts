import { createHash } from 'node:crypto';

/** A stream of random numbers that its seed alone decides, on every machine. */
export interface Random {
  /** A number in [0, 1), of 53 random bits. */
  uniform(): number;
  /** A number of the standard normal distribution. */
  normal(): number;
  /** A whole number in [0, count). */
  integer(count: number): number;
  /** One of `items`. @throws when there are none. */
  pick<T>(items: readonly T[]): T;
  /** A copy of `items` in random order. */
  shuffle<T>(items: readonly T[]): T[];
  /**
   * An independent stream named `key`. It does not depend on what has been drawn from this one, so that
   * work split by key gives the same numbers in any order and on any number of threads.
   */
  fork(key: string | number): Random;
}

/**
 * The random stream of `seed`: Chris Doty-Humphrey's sfc32 (from PractRand), its state filled from the
 * SHA-256 of the seed.
 */
export function createRandom(seed: string | number): Random {
  const path = String(seed);
  const next = sfc32(path);
  let spare: number | undefined;

  const random: Random = {
    uniform: () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53,
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Box and Muller; 1 - u keeps zero out of the logarithm.
      const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
      const angle = 2 * Math.PI * random.uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    integer: (count) => Math.floor(random.uniform() * count),
    pick(items) {
      if (items.length === 0) throw new RangeError('There is nothing to pick from.');
      return items[random.integer(items.length)];
    },
    shuffle(items) {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = random.integer(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
      }
      return shuffled;
    },
    fork: (key) => createRandom(JSON.stringify([path, String(key)])),
  };
  return random;
}

function sfc32(seed: string): () => number {
  const digest = createHash('sha256').update(seed).digest();
  let [a, b, c] = [0, 4, 8].map((offset) => digest.readInt32LE(offset));
  let counter = 1;
  return () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result;
  };
}
