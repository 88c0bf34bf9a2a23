import { availableParallelism, cpus } from 'node:os';

/** Processes on this machine that mpirun or srun started together; 1 without them. */
export function processesHere(env: NodeJS.ProcessEnv = process.env): number {
  const { OMPI_COMM_WORLD_LOCAL_SIZE, MPI_LOCALNRANKS, SLURM_NTASKS_PER_NODE } = env;
  const told = OMPI_COMM_WORLD_LOCAL_SIZE ?? MPI_LOCALNRANKS ?? SLURM_NTASKS_PER_NODE;
  return Math.max(1, Number(told) || 1);
}

/** Cores that this process has for itself: those mpirun bound it to, or its share of the machine's. */
export function ownCores(env: NodeJS.ProcessEnv = process.env): number {
  const share = Math.floor(cpus().length / processesHere(env));
  return Math.max(1, Math.min(availableParallelism(), share));
}
