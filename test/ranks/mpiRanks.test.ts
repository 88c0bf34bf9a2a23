import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { startedByMpi } from '../../src/ranks/mpiRanks.js';
import { alone } from '../../src/ranks/ranks.js';
import { callAll } from './callAll.js';
import { localRanks } from './localRanks.js';
import { mpiInstalled, mpirun } from './mpirun.js';

const script = fileURLToPath(new URL('./callAll.js', import.meta.url));
const withMpi = mpiInstalled ? test : test.skip;

describe('ranks', () => {
  withMpi.each([2, 4])('%i processes under mpirun agree', async (size) => {
    const { status, stdout, stderr } = mpirun(size, script, 'run');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const lines = stdout.trim().split('\n');
    const found = lines.map((line) => JSON.parse(line)).sort((a, b) => a.rank - b.rank);
    const expected = await Promise.all(localRanks(size).map(callAll));
    expect(found).toEqual(expected);
    expect(found[1]).toMatchObject({
      size,
      ints: [0, -1, -2, -3].slice(0, size).map((n) => n + 0),
    });
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
