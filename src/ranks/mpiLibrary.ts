import { promisify } from 'node:util';
import koffi, { type KoffiFunc, type LibraryHandle } from 'koffi';
import { UserError } from '../errors.js';

/** A communicator, datatype or operation, as the library at hand knows it. */
type Handle = number | bigint;

/** What of an MPI library is used. Calls that wait for other processes run on a thread of their own. */
export interface MpiLibrary {
  /** "Open MPI v4.1.4" */
  version: string;
  rank: number;
  size: number;
  allGather(own: ArrayBufferView, all: ArrayBufferView, count: number): Promise<void>;
  /** Adds up, and gives each rank `count` values of the sum. */
  sumShare(values: Float32Array, share: Float32Array, count: number): Promise<void>;
  sum(values: Float32Array | Float64Array): Promise<void>;
  largest(values: Float64Array): Promise<void>;
  barrier(): Promise<void>;
  finalize(): void;
  /** Ends all processes. */
  abort(status: number): void;
}

/** Names of the library, those of Open MPI and of MPICH and its relatives. */
const fileNames: Partial<Record<NodeJS.Platform, { open: string[]; mpich: string[] }>> = {
  linux: {
    open: ['libmpi.so.40', 'libmpi.so.80', 'libmpi.so'],
    mpich: ['libmpich.so.12', 'libmpi.so.12', 'libmpi.so'],
  },
  darwin: {
    open: ['libmpi.40.dylib', 'libmpi.dylib'],
    mpich: ['libmpi.12.dylib', 'libmpich.dylib', 'libmpi.dylib'],
  },
  win32: { open: [], mpich: ['msmpi.dll', 'impi.dll'] },
};

/**
 * Loads the MPI library that is installed and joins the job.
 * @throws UserError when there is none
 */
export function openMpi(env: NodeJS.ProcessEnv = process.env): MpiLibrary {
  // Waiting processes leave the cores to those that work, their own threads among them.
  env.OMPI_MCA_mpi_yield_when_idle ??= '1';
  // MPICH adds up arrays with more of the stack than koffi gives to calls on other threads by itself.
  koffi.config({ async_stack_size: 2 ** 21 });
  return bind(loadLibrary(env));
}

function loadLibrary(env: NodeJS.ProcessEnv): LibraryHandle {
  const names = fileNames[process.platform] ?? { open: [], mpich: [] };
  const ofOpenMpi = Object.keys(env).some((name) => name.startsWith('OMPI_COMM_'));
  const known = ofOpenMpi ? names.open : [...names.mpich, ...names.open];
  const candidates = env.FGDET_MPI ? [env.FGDET_MPI] : known;
  const reasons: string[] = [];
  for (const name of candidates) {
    try {
      // Its plug-ins look for its symbols among the global ones.
      return koffi.load(name, { global: true, lazy: true });
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new UserError(
    `No MPI library could be loaded (${reasons.join('; ') || `none is known for ${process.platform}`}). ` +
      'Install Open MPI or MPICH, or name the library in FGDET_MPI: FGDET_MPI=/opt/mpi/lib/libmpi.so.',
  );
}

/** What differs between the libraries: in Open MPI handles are addresses, in MPICH's family numbers. */
interface Constants {
  handle: 'void *' | 'int';
  world: Handle;
  float: Handle;
  double: Handle;
  int: Handle;
  sum: Handle;
  max: Handle;
  inPlace: bigint;
}

function constantsOf(library: LibraryHandle): Constants {
  try {
    return {
      handle: 'void *',
      world: library.symbol('ompi_mpi_comm_world'),
      float: library.symbol('ompi_mpi_float'),
      double: library.symbol('ompi_mpi_double'),
      int: library.symbol('ompi_mpi_int'),
      sum: library.symbol('ompi_mpi_op_sum'),
      max: library.symbol('ompi_mpi_op_max'),
      inPlace: 1n,
    };
  } catch {
    // The numbers of mpi.h in MPICH, Intel MPI, MVAPICH and MS-MPI.
    return {
      handle: 'int',
      world: 0x44000000,
      float: 0x4c00040a,
      double: 0x4c00080b,
      int: 0x4c000405,
      sum: 0x58000003,
      max: 0x58000001,
      inPlace: BigInt.asUintN(64, -1n),
    };
  }
}

/** MPI_THREAD_SERIALIZED: calls come from several threads, one after the other. */
const oneAtATime = 2;

function bind(library: LibraryHandle): MpiLibrary {
  const constants = constantsOf(library);
  const { world, float, double, int, sum, max, inPlace, handle: h } = constants;
  const declare = (declaration: string) =>
    library.func(declaration) as KoffiFunc<(...args: unknown[]) => number>;
  const number = (call: (out: Int32Array) => number): number => {
    const out = new Int32Array(1);
    check(call(out), 'setting up');
    return out[0];
  };

  const init = declare('int MPI_Init_thread(void *argc, void *argv, int required, void *provided)');
  const provided = number((out) => init(null, null, oneAtATime, out));
  if (provided < oneAtATime) {
    throw new UserError(
      'The MPI library was built without support for threads (MPI_THREAD_SERIALIZED).',
    );
  }
  const commRank = declare(`int MPI_Comm_rank(${h} comm, void *rank)`);
  const commSize = declare(`int MPI_Comm_size(${h} comm, void *size)`);
  const finalize = declare('int MPI_Finalize()');
  const abort = declare(`int MPI_Abort(${h} comm, int status)`);
  const gather = waiting(
    declare(
      `int MPI_Allgather(void *own, int n, ${h} type, void *all, int m, ${h} type2, ${h} comm)`,
    ),
  );
  const scatter = waiting(
    declare(
      `int MPI_Reduce_scatter_block(void *from, void *to, int n, ${h} type, ${h} op, ${h} comm)`,
    ),
  );
  const reduce = waiting(
    declare(`int MPI_Allreduce(void *from, void *to, int n, ${h} type, ${h} op, ${h} comm)`),
  );
  const barrier = waiting(declare(`int MPI_Barrier(${h} comm)`));
  const typeOf = (values: ArrayBufferView) =>
    values instanceof Float64Array ? double : values instanceof Int32Array ? int : float;

  return {
    version: versionOf(library),
    rank: number((out) => commRank(world, out)),
    size: number((out) => commSize(world, out)),
    async allGather(own, all, count) {
      check(await gather(own, count, typeOf(own), all, count, typeOf(all), world), 'MPI_Allgather');
    },
    async sumShare(values, share, count) {
      const status = await scatter(values, share, count, float, sum, world);
      check(status, 'MPI_Reduce_scatter_block');
    },
    async sum(values) {
      const status = await reduce(inPlace, values, values.length, typeOf(values), sum, world);
      check(status, 'MPI_Allreduce');
    },
    async largest(values) {
      const status = await reduce(inPlace, values, values.length, double, max, world);
      check(status, 'MPI_Allreduce');
    },
    async barrier() {
      check(await barrier(world), 'MPI_Barrier');
    },
    finalize() {
      check(finalize(), 'MPI_Finalize');
    },
    abort(status) {
      abort(world, status);
    },
  };
}

function waiting(
  fn: KoffiFunc<(...args: unknown[]) => number>,
): (...args: unknown[]) => Promise<number> {
  return promisify(fn.async);
}

function versionOf(library: LibraryHandle): string {
  const ask = library.func('int MPI_Get_library_version(void *text, void *length)');
  const text = Buffer.alloc(8192);
  const length = new Int32Array(1);
  check(ask(text, length), 'MPI_Get_library_version');
  return text.toString('utf8', 0, length[0]).split(/[,\n]/)[0].replaceAll('\0', '').trim();
}

function check(status: number, what: string): void {
  if (status !== 0) throw new Error(`${what} failed with MPI's error ${status}.`);
}
