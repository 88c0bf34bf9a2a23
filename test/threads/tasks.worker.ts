import { scryptSync } from 'node:crypto';
import { UserError } from '../../src/errors.js';
import { serveTasks } from '../../src/threads/serveTasks.js';

// Adds the numbers it is given; 0 is refused, a negative one is a mistake, 99 ends the thread, and 98 keeps
// it busy after its answer, in code that cannot be interrupted.
serveTasks(async (numbers: Float32Array) => {
  if (numbers.includes(0)) throw new UserError('Zero is not welcome.');
  if (numbers.some((number) => number < 0)) throw new RangeError('negative');
  if (numbers.includes(99)) process.exit(1);
  if (numbers.includes(98))
    setImmediate(() => scryptSync('', '', 8, { N: 2 ** 16, maxmem: 2 ** 28, p: 2 }));
  return { sum: Float32Array.of(numbers.reduce((sum, number) => sum + number, 0)) };
});
