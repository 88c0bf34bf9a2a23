import { UserError } from '../../src/errors.js';
import { type NdArray, ndarray, sizeOf } from '../../src/jit/ndarray.js';
import { type Persistent, type Reduced, readPickle } from './pickle.js';

const valueTypes = { 'torch.FloatStorage': 4, 'torch.LongStorage': 8 } as const;

/** The first pickle of a file as torch.save wrote it before version 1.6. */
const magic = 0x1950a86a20f9469cfc6cn;

/**
 * The float tensors of a state dict that PyTorch wrote before version 1.6: pickles of a magic number, the version,
 * sizes of types, the dict, and the keys of its storages, then each storage's length (int64) and values. Nothing
 * that the pickle names is run. Counters (int64) are left out.
 * @throws UserError for any other content.
 */
export function readTorchFile(bytes: Buffer, file: string): Map<string, NdArray> {
  const fail = (what: string): never => {
    throw new UserError(`${file} is not a state dict of old PyTorch: ${what}.`);
  };
  let offset = 0;
  const next = () => {
    const { value, end } = readPickle(bytes, offset, file);
    offset = end;
    return value;
  };
  if (next() !== magic) fail('it does not begin with the magic number');
  next();
  next();
  const dict = next();
  const keys = next();
  if (!(dict instanceof Map) || !Array.isArray(keys)) return fail('it holds no dict');
  const references = [...dict].map(
    ([name, value]) => [String(name), tensorOf(value, fail)] as const,
  );
  const types = new Map(references.map(([, { storage }]) => [storage.key, storage.type]));
  const storages = new Map<string, Buffer>();
  for (const key of keys as string[]) {
    const type = types.get(key) ?? fail(`storage ${key} belongs to no tensor`);
    const length = Number(bytes.readBigInt64LE(offset)) * valueTypes[type];
    storages.set(key, bytes.subarray(offset + 8, offset + 8 + length));
    offset += 8 + length;
  }
  if (offset !== bytes.length) fail(`it has ${bytes.length} bytes instead of ${offset}`);
  const tensors = new Map<string, NdArray>();
  for (const [name, reference] of references) {
    if (reference.storage.type !== 'torch.FloatStorage') continue;
    tensors.set(name, valuesOf(reference, storages.get(reference.storage.key)!));
  }
  return tensors;
}

interface TensorReference {
  storage: { type: keyof typeof valueTypes; key: string };
  /** In values. */
  start: number;
  shape: number[];
  /** In values. */
  strides: number[];
}

function tensorOf(value: unknown, fail: (what: string) => never): TensorReference {
  const { callable, args } = value as Reduced;
  if (callable !== 'torch._utils._rebuild_tensor_v2') fail('the dict holds more than tensors');
  const [{ id }, start, shape, strides] = args as [Persistent, number, number[], number[]];
  const [, type, key] = id as [string, { global: string }, string];
  if (!(type.global in valueTypes)) fail(`a tensor is in ${type.global}`);
  return { storage: { type: type.global as keyof typeof valueTypes, key }, start, shape, strides };
}

function valuesOf({ start, shape, strides }: TensorReference, storage: Buffer): NdArray {
  const values = new Float32Array(sizeOf(shape));
  for (let target = 0; target < values.length; target++) {
    let [place, rest] = [start, target];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    values[target] = storage.readFloatLE(place * 4);
  }
  return ndarray(values, shape);
}
