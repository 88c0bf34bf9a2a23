import { cpus } from 'node:os';
import { ownCores, processesHere } from '../../src/jit/processesHere.js';

test('processes that were started together share the cores', () => {
  expect(processesHere({})).toBe(1);
  expect(processesHere({ OMPI_COMM_WORLD_LOCAL_SIZE: '4' })).toBe(4);
  expect(processesHere({ MPI_LOCALNRANKS: '2' })).toBe(2);
  expect(processesHere({ SLURM_NTASKS_PER_NODE: 'x' })).toBe(1);
  expect(ownCores({ MPI_LOCALNRANKS: String(cpus().length) })).toBe(1);
  expect(ownCores({ MPI_LOCALNRANKS: '100000' })).toBe(1);
});
