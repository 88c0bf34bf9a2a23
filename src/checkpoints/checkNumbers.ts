import { CheckpointError } from './checkpointError.js';

/**
 * Checks what a model says: from weights that are NaN or infinite nothing but NaN comes, which is above no threshold and
 * would look as if there were nothing to find.
 * @param network what said it, for messages: "The model models/mine".
 * @param what it was asked about: "texts".
 * @throws CheckpointError where one of the values is no finite number
 */
export function checkNumbers(values: ArrayLike<number>, network: string, what: string): void {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  if (Number.isFinite(sum)) return;
  throw new CheckpointError(
    `${network} gives no numbers for ${what}: its weights are damaged (NaN or infinite), or too large for the ` +
      'precision that was asked for.',
  );
}
