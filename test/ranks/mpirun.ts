import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const env = {
  ...process.env,
  NODE_OPTIONS: '',
  // In a container the tests may be root, and there may be fewer cores than ranks.
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
};

/** Whether this machine can start processes that work together. */
export const mpiInstalled = spawnSync('mpirun', ['--version']).status === 0;

/** The command line of fgdet, for `mpirun`. */
export const fgdet = fileURLToPath(new URL('../../src/cli/fgdet.js', import.meta.url));

/** Runs a script as several processes and waits for them. */
export function mpirun(ranks: number, script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync('mpirun', command(ranks, script, args), {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

/** Starts a script as several processes. */
export function startMpirun(ranks: number, script: string, ...args: string[]) {
  const options: SpawnOptions = { env, stdio: ['ignore', 'pipe', 'pipe'] };
  return spawn('mpirun', command(ranks, script, args), options);
}

function command(ranks: number, script: string, args: string[]): string[] {
  return ['-n', String(ranks), process.execPath, script, ...args];
}
