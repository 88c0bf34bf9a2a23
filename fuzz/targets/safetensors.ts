import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { readSafetensorsHeader } from '../../src/checkpoints/safetensorsHeader.js';
import { NdArray } from '../../src/jit/ndarray.js';
import type { FuzzTarget } from '../target.js';
import { temporaryFolder } from '../temporaryFolder.js';

/** With the length of the header put right, in most inputs: few changed ones would have it. */
function withLength(input: Uint8Array): Buffer {
  const bytes = Buffer.from(input);
  let end = bytes.lastIndexOf('}') + 1;
  // The header is filled up with blanks.
  while (bytes[end] === 0x20) end++;
  if (end > 8 && bytes.length % 8 > 0) bytes.writeBigUInt64LE(BigInt(end - 8));
  return bytes;
}

export const target: FuzzTarget = {
  async seeds() {
    const tensors = {
      weight: NdArray.fromData(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
      ids: NdArray.fromData(Int32Array.of(7, 8), [2]),
      empty: NdArray.fromData(new Float32Array(0), [0, 3]),
    };
    return temporaryFolder(async (folder) => {
      const file = join(folder, 'seed.safetensors');
      const seeds: Uint8Array[] = [];
      for (const dtype of ['F32', 'F16', 'BF16'] as const) {
        await writeSafetensors(file, tensors, { dtype, metadata: { format: 'pt' } });
        seeds.push(readFileSync(file));
      }
      return seeds;
    });
  },
  async read(input, folder) {
    const file = join(folder, 'model.safetensors');
    writeFileSync(file, withLength(input));
    readSafetensorsHeader(file);
    for (const tensor of openSafetensors(file).values()) await tensor.read();
  },
};
