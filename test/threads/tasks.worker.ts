import { UserError } from '../../src/errors.js';
import { serveTasks } from '../../src/threads/serveTasks.js';

// Adds the numbers it is given; 0 is refused, a negative one is a mistake, and 99 ends the thread.
serveTasks(async (numbers: Float32Array) => {
  if (numbers.includes(0)) throw new UserError('Zero is not welcome.');
  if (numbers.some((number) => number < 0)) throw new RangeError('negative');
  if (numbers.includes(99)) process.exit(1);
  return { sum: Float32Array.of(numbers.reduce((sum, number) => sum + number, 0)) };
});
