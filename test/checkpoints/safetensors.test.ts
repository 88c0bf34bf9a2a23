import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { CheckpointError } from '../../src/checkpoints/checkpointError.js';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { readSafetensorsHeader } from '../../src/checkpoints/safetensorsHeader.js';
import { NdArray, ndarray, sizeOf } from '../../src/jit/ndarray.js';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-safetensors-'));
  path = join(folder, 'model.safetensors');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of the given header text and number of value bytes. */
function rawFile(header: string | object, bytes: number | Buffer): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const values = typeof bytes === 'number' ? Buffer.alloc(bytes) : bytes;
  writeFileSync(path, Buffer.concat([length, json, values]));
  return path;
}

const shapes = fc.array(fc.nat(4), { maxLength: 4 });
const tensors = shapes.chain((shape) => {
  const size = { minLength: sizeOf(shape), maxLength: sizeOf(shape) };
  return fc.oneof(
    fc.float32Array(size).map((data) => ndarray(new Float32Array(data), shape)),
    fc.int32Array(size).map((data) => ndarray(new Int32Array(data), shape)),
    fc.uint8Array({ ...size, max: 1 }).map((data) => ndarray(new Uint8Array(data), shape)),
  );
});
const files = fc
  .uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), tensors), { selector: ([name]) => name })
  .map((entries) => new Map(entries.filter(([name]) => name !== '__metadata__')));

describe('round trips', () => {
  test('what was written is read back: names, shapes, types, bits and metadata', async () => {
    const metadata = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(files, metadata, async (written, texts) => {
        await writeSafetensors(path, written, { metadata: texts });
        const read = openSafetensors(path);
        expect([...read.keys()].sort()).toEqual([...written.keys()].sort());
        for (const [name, tensor] of written) {
          const found = read.get(name)!;
          expect(found.shape).toEqual(tensor.shape);
          expect(found.dtype).toBe(tensor.dtype);
          expect(Buffer.from(found.data.buffer)).toEqual(Buffer.from(tensor.data.buffer));
        }
        expect(readSafetensorsHeader(path).metadata).toEqual(texts);
      }),
    );
  });

  test('every tensor is aligned to its own type and stays in the file', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (written) => {
        await writeSafetensors(path, written);
        for (const tensor of openSafetensors(path).values()) {
          expect(tensor.file!.offset % (tensor.dtype === 'bool' ? 1 : 4)).toBe(0);
        }
      }),
    );
  });

  test('float32 through BF16 and F16 comes back rounded, and from there exactly', async () => {
    const values = fc.float32Array({ noNaN: true, min: -60000, max: 60000, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(
        values,
        fc.constantFrom('F16' as const, 'BF16' as const),
        async (data, dtype) => {
          await writeSafetensors(
            path,
            { x: ndarray(new Float32Array(data), [data.length]) },
            { dtype },
          );
          const once = openSafetensors(path).get('x')!;
          const relative = dtype === 'F16' ? 2 ** -11 : 2 ** -8;
          const smallest = dtype === 'F16' ? 2 ** -25 : 2 ** -134;
          once.data.forEach((value, i) => {
            const error = Math.abs(value - data[i]);
            expect(error).toBeLessThanOrEqual(Math.abs(data[i]) * relative + smallest);
          });
          await writeSafetensors(path, { x: once }, { dtype });
          expect(openSafetensors(path).get('x')!.data).toEqual(once.data);
        },
      ),
    );
  });

  test('a file may be rewritten from its own lazily read tensors', async () => {
    await writeSafetensors(path, { a: ndarray(Float32Array.of(1, 2, 3), [3]) });
    const first = openSafetensors(path);
    await writeSafetensors(path, new Map([['b', ndarray(Int32Array.of(7), [])], ...first]));
    expect([...openSafetensors(path).get('a')!.data]).toEqual([1, 2, 3]);
  });

  test('I64 and U8 surface as int32 and bool', () => {
    const values = Buffer.alloc(19);
    values.writeBigInt64LE(-5n, 0);
    values.writeBigInt64LE(2n ** 31n - 1n, 8);
    values.set([0, 1, 255], 16);
    rawFile(
      {
        ids: { dtype: 'I64', shape: [2], data_offsets: [0, 16] },
        pixels: { dtype: 'U8', shape: [3], data_offsets: [16, 19] },
      },
      values,
    );
    const read = openSafetensors(path);
    expect(read.get('ids')!.data).toEqual(Int32Array.of(-5, 2 ** 31 - 1));
    expect(read.get('pixels')!.dtype).toBe('bool');
    expect(read.get('pixels')!.data).toEqual(Uint8Array.of(0, 1, 255));
  });
});

describe('writing', () => {
  test('a failure leaves the old file and no temporary one', async () => {
    await writeSafetensors(path, { a: ndarray(Float32Array.of(1), [1]) });
    const before = readFileSync(path);
    const failing = {
      shape: [1],
      dtype: 'float32' as const,
      read: () => Promise.reject(new Error('the device is gone')),
    };
    await expect(writeSafetensors(path, { a: failing })).rejects.toThrow('the device is gone');
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  test('a value beyond float16 is refused by name', async () => {
    const large = { scale: ndarray(Float32Array.of(1, 70000), [2]) };
    await expect(writeSafetensors(path, large, { dtype: 'F16' })).rejects.toThrow(
      /value 1 of tensor "scale" is 70000, which float16 cannot hold/,
    );
    await writeSafetensors(path, { x: ndarray(Float32Array.of(-Infinity), [1]) }, { dtype: 'F16' });
    expect([...openSafetensors(path).get('x')!.data]).toEqual([-Infinity]);
  });

  test('a source with another number of values than its shape says is refused', async () => {
    const odd = {
      shape: [3],
      dtype: 'float32' as const,
      read: async () => ({ data: new Float32Array(2) }),
    };
    await expect(writeSafetensors(path, { odd })).rejects.toThrow(
      /"odd" of shape \[3\] came with 2/,
    );
  });
});

describe('damaged files', () => {
  const f32 = (shape: number[], begin: number, end: number) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });

  test.each<[string, string | object, number, RegExp]>([
    ['a header that is no JSON', '{"a": ', 0, /header is not valid JSON/],
    ['a header that is no object', '[]', 0, /header is not a JSON object/],
    ['an entry that is no object', { w: 3 }, 0, /tensor "w" is not described/],
    [
      'an unknown dtype',
      { w: { ...f32([1], 0, 4), dtype: 'F8_E4M3' } },
      4,
      /"w" has the dtype F8_E4M3; readable/,
    ],
    [
      'a dtype that is a method of objects',
      { w: { ...f32([1], 0, 4), dtype: 'toString' } },
      4,
      /toString; readable/,
    ],
    ['a negative shape', { w: f32([-1], 0, 4) }, 4, /"w" has no valid shape/],
    ['offsets the wrong way round', { w: f32([1], 4, 0) }, 4, /"w" has no valid data_offsets/],
    [
      'a wrong byte count',
      { w: f32([2, 3], 0, 20) },
      20,
      /"w" of shape \[2,3\] and dtype F32 takes 24 bytes, but the header gives it 20/,
    ],
    [
      'a truncated file',
      { w: f32([2], 0, 8) },
      5,
      /"w" should reach to byte \d+, but the file ends at \d+: it was cut off/,
    ],
    [
      'overlapping tensors',
      { v: f32([2], 0, 8), w: f32([2], 4, 12) },
      12,
      /values of "w" overlap those of "v"/,
    ],
    [
      'a gap',
      { v: f32([1], 0, 4), w: f32([1], 8, 12) },
      12,
      /4 bytes between "v" and "w" belong to no tensor/,
    ],
    ['trailing bytes', { w: f32([1], 0, 4) }, 9, /5 bytes after "w" belong to no tensor/],
    [
      'metadata that is no text',
      { __metadata__: { n: 3 } },
      0,
      /__metadata__ is not an object of texts/,
    ],
    [
      'a name twice',
      `{"w":${JSON.stringify(f32([1], 0, 4))}, "\\u0077" : ${JSON.stringify(f32([1], 0, 4))}}`,
      4,
      /lists the tensor "w" twice/,
    ],
  ])('%s names the file and the tensor', (_, header, bytes, message) => {
    rawFile(header, bytes);
    expect(() => openSafetensors(path)).toThrow(CheckpointError);
    expect(() => openSafetensors(path)).toThrow(message);
    expect(() => openSafetensors(path)).toThrow(path);
  });

  test('an I64 value beyond 32 bits is refused', () => {
    const value = Buffer.alloc(8);
    value.writeBigInt64LE(2n ** 40n);
    rawFile({ ids: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, value);
    expect(() => openSafetensors(path)).toThrow(/value 0 of the I64 tensor "ids" is 1099511627776/);
  });

  test('a missing file, a folder, an empty file and an absurd header length are told apart', () => {
    expect(() => openSafetensors(join(folder, 'none'))).toThrow(/none does not exist/);
    expect(() => openSafetensors(folder)).toThrow(/is not a file/);
    writeFileSync(path, '');
    expect(() => openSafetensors(path)).toThrow(/has 0 bytes/);
    writeFileSync(path, Buffer.alloc(64, 255));
    expect(() => openSafetensors(path)).toThrow(/is not a safetensors file.*announce a header/);
    writeFileSync(path, Buffer.concat([Buffer.from([200, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(9)]));
    expect(() => openSafetensors(path)).toThrow(/header should reach to byte 208/);
  });

  test('a mutated or shortened file gives its tensors or a clear error', async () => {
    await writeSafetensors(path, {
      'text_model.weight': ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
      ids: ndarray(Int32Array.of(1, 2), [2]),
      mask: ndarray(Uint8Array.of(1, 0, 1), [3]),
    });
    const intact = readFileSync(path);
    const header = 8 + Number(intact.readBigUInt64LE());
    const edits = fc.array(fc.tuple(fc.nat(header - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(edits, fc.option(fc.nat(intact.length)), (mutations, length) => {
        const bytes = Buffer.from(intact);
        for (const [at, value] of mutations) bytes[at] = value;
        writeFileSync(path, bytes.subarray(0, length ?? bytes.length));
        try {
          for (const tensor of openSafetensors(path).values()) {
            expect(tensor).toBeInstanceOf(NdArray);
            expect(tensor.data.length).toBe(sizeOf(tensor.shape));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
          expect((error as Error).message).toContain(path);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
