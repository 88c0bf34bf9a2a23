import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { mutate } from '../../fuzz/mutate.js';
import { faultOf, keptInputs, loadTarget, targetNames } from '../../fuzz/target.js';
import { temporaryFolder } from '../../fuzz/temporaryFolder.js';
import { createRandom } from '../../src/random.js';

describe.each(targetNames)('%s', (name) => {
  test('what is well formed is read', async () => {
    const target = await loadTarget(name);
    const seeds = await target.seeds();
    expect(seeds.length).toBeGreaterThan(0);
    for (const seed of seeds) await temporaryFolder(async (folder) => target.read(seed, folder));
  });

  test('kept inputs are read, or refused with a UserError', async () => {
    const target = await loadTarget(name);
    const kept = join(keptInputs, name);
    const files = existsSync(kept) ? readdirSync(kept) : [];
    await temporaryFolder(async (folder) => {
      for (const file of files) {
        const fault = await faultOf(target, readFileSync(join(kept, file)), folder);
        expect({ file, fault }).toEqual({ file, fault: undefined });
      }
    });
  });

  test('what is damaged is read, or refused with a UserError', async () => {
    const target = await loadTarget(name);
    const seeds = await target.seeds();
    const damaged = fc.integer().map((number) => {
      const random = createRandom(number);
      const other = random.pick(seeds);
      return mutate(random.pick(seeds), { other, words: [], pairs: [] }, random);
    });
    await temporaryFolder(async (folder) => {
      const isFine = async (input: Uint8Array) => {
        expect(await faultOf(target, input, folder)).toBeUndefined();
      };
      await fc.assert(fc.asyncProperty(damaged, isFine), { seed: 1, numRuns: 30 });
    });
  });
});
