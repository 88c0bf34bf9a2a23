import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords, tarOf } from '../recordFiles.js';
import { json, smallPictures } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

/** With the checksum of each header put right, which few changed ones would have. */
function withChecksums(input: Uint8Array): Buffer {
  const bytes = Buffer.from(input);
  for (let start = 0; start + 512 <= bytes.length; start += 512) {
    const header = bytes.subarray(start, start + 512);
    if (header.toString('latin1', 257, 262) !== 'ustar') continue;
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  }
  return bytes;
}

export const target: FuzzTarget = {
  async seeds() {
    const { png } = await smallPictures();
    const long = 'x'.repeat(120);
    return [
      await tarOf({ 'a.json': json({ caption: 'A cat.' }), 'a.png': png, 'a.txt': 'a cat' }),
      await tarOf({ [`${long}/b.png`]: png, [`${long}/b.txt`]: 'a dog' }),
    ];
  },
  read: async (input, folder) => {
    const file = join(folder, 'shard.tar');
    writeFileSync(file, withChecksums(input));
    await readRecords(file);
  },
};
