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

/** The programs of this machine that start processes that work together: Open MPI's and MPICH's. */
export const launchers = ['mpirun', 'mpiexec.hydra'].filter(
  (launcher) => spawnSync(launcher, ['--version']).status === 0,
);

export const mpiInstalled = launchers.includes('mpirun');

/** The command line of fgdet, for `mpirun`. */
export const fgdet = fileURLToPath(new URL('../../app/cli/fgdet.js', import.meta.url));

/** Runs a script as several processes and waits for them. */
export function mpirun(ranks: number, script: string, ...args: string[]) {
  return launch('mpirun', ranks, script, ...args);
}

/** The same by another launcher. */
export function launch(launcher: string, ranks: number, script: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(launcher, command(ranks, script, args), {
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
