/**
 * The processes that train together, each with its own share of every batch. All of them must call the
 * same methods in the same order.
 */
export interface Ranks {
  /** This process's number, counted from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** The equally long arrays of all ranks, one behind the other. */
  allGather<T extends Float32Array | Int32Array>(own: T): Promise<T>;
  /**
   * The sum of all ranks' arrays, of which each rank gets its share.
   * @param values as long as what `allGather` returns
   */
  sumShare(values: Float32Array): Promise<Float32Array>;
  /** Adds the arrays of all ranks up, in place. */
  sum(values: Float32Array | Float64Array): Promise<void>;
  /** The largest of all ranks' numbers. */
  largest(value: number): Promise<number>;
  /** Waits for all ranks. */
  barrier(): Promise<void>;
}

/** A process that trains alone. */
export const alone: Ranks = {
  rank: 0,
  size: 1,
  allGather: async (own) => own,
  sumShare: async (values) => values,
  sum: async () => {},
  largest: async (value) => value,
  barrier: async () => {},
};
