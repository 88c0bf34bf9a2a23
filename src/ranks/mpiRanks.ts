import type { MpiLibrary } from './mpiLibrary.js';
import { alone, type Ranks } from './ranks.js';

/** Variables by which mpirun (Open MPI, MPICH, Intel MPI) and srun tell a process how many there are. */
const sizeVariables = [
  'OMPI_COMM_WORLD_SIZE',
  'PMI_SIZE',
  'MPI_LOCALNRANKS',
  'MV2_COMM_WORLD_SIZE',
];

/** Whether this process was started as one of several by mpirun, or by srun with `--mpi`. */
export function startedByMpi(env: NodeJS.ProcessEnv = process.env): boolean {
  if (sizeVariables.some((name) => Number(env[name]) > 1)) return true;
  // PMIx tells the rank only; Slurm tells how many there are.
  return env.PMIX_RANK !== undefined && Number(env.SLURM_NTASKS) > 1;
}

/**
 * Does `work` as one of the processes that mpirun or srun started together; alone if there are no others.
 * When it fails in one process, all of them are ended.
 * @throws what `work` throws; UserError when the MPI library cannot be loaded
 */
export async function withRanks<T>(work: (ranks: Ranks) => Promise<T>): Promise<T> {
  if (!startedByMpi()) return work(alone);
  const { openMpi } = await import('./mpiLibrary.js');
  const mpi = openMpi();
  // The others would wait for this process forever. What it has to say is said before it ends.
  const onExit = () => mpi.abort(Number(process.exitCode) || 1);
  process.once('exit', onExit);
  const result = await work(ranksOf(mpi));
  process.off('exit', onExit);
  mpi.finalize();
  return result;
}

function ranksOf(mpi: MpiLibrary): Ranks {
  const { rank, size } = mpi;
  return {
    rank,
    size,
    async allGather(own) {
      const all = new (own.constructor as new (length: number) => typeof own)(own.length * size);
      await mpi.allGather(own, all, own.length);
      return all;
    },
    async sumShare(values) {
      const share = new Float32Array(values.length / size);
      await mpi.sumShare(values, share, share.length);
      return share;
    },
    sum: (values) => mpi.sum(values),
    async largest(value) {
      const values = Float64Array.of(value);
      await mpi.largest(values);
      return values[0];
    },
    barrier: () => mpi.barrier(),
  };
}
