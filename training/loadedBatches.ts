import type { StepBatches } from './trainStep.js';

/** Where a step's micro-batches come from. */
export interface BatchesFrom<Prepared, Batch> {
  /** Hands them out once for each time they are gone through, or once only if they are held. */
  loader: { next(): Promise<Prepared> };
  count: number;
  /** Whether they are kept until the end of the step. */
  hold: boolean;
  toBatch(prepared: Prepared): Batch | Promise<Batch>;
  /** Is told of each micro-batch, once. */
  onFirst(prepared: Prepared): void;
}

/** The micro-batches of the loader's next step. */
export function loadedBatches<Prepared, Batch>({
  loader,
  count,
  hold,
  toBatch,
  onFirst,
}: BatchesFrom<Prepared, Batch>): StepBatches<Batch> {
  const held: Batch[] = [];
  let rounds = 0;
  return async function* () {
    const first = rounds++ === 0;
    for (let i = 0; i < count; i++) {
      if (hold && !first) {
        yield held[i];
        continue;
      }
      const prepared = await loader.next();
      if (first) onFirst(prepared);
      const batch = await toBatch(prepared);
      if (hold) held.push(batch);
      yield batch;
    }
  };
}
