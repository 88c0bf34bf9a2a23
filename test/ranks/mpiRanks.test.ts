import { fileURLToPath } from 'node:url';
import { startedByMpi } from '../../src/ranks/mpiRanks.js';
import { alone } from '../../src/ranks/ranks.js';
import { callAll } from './callAll.js';
import { localRanks } from './localRanks.js';
import { launch, launchers } from './mpirun.js';

const script = fileURLToPath(new URL('./callAll.js', import.meta.url));

describe('ranks', () => {
  const jobs = launchers.flatMap((launcher) => [2, 4].map((size) => ({ launcher, size })));
  const withMpi = jobs.length > 0 ? test.each(jobs) : test.skip.each([{ launcher: '', size: 0 }]);

  withMpi('$size processes agree, started by $launcher', async ({ launcher, size }) => {
    const { status, stdout, stderr } = launch(launcher, size, script, 'run');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const lines = stdout.trim().split('\n');
    const found = lines.map((line) => JSON.parse(line)).sort((a, b) => a.rank - b.rank);
    const expected = await Promise.all(localRanks(size).map(callAll));
    expect(found).toEqual(expected);
    expect(found[1]).toMatchObject({ rank: 1, size, ints: [0, -1, -2, -3].slice(0, size) });
  });

  test('a process alone is its own sum', async () => {
    expect(await callAll(alone)).toMatchObject({ floats: [0, 0], share: [0, 1], largest: 0 });
  });

  test('mpirun and srun are known by the environment they give', () => {
    expect(startedByMpi({})).toBe(false);
    expect(startedByMpi({ OMPI_COMM_WORLD_SIZE: '1' })).toBe(false);
    expect(startedByMpi({ OMPI_COMM_WORLD_SIZE: '2' })).toBe(true);
    expect(startedByMpi({ PMI_SIZE: '8' })).toBe(true);
    // sbatch sets the number of tasks for a script that runs once.
    expect(startedByMpi({ SLURM_NTASKS: '4' })).toBe(false);
    expect(startedByMpi({ SLURM_NTASKS: '4', PMIX_RANK: '3' })).toBe(true);
  });
});
