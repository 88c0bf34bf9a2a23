import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords, tarOf } from '../recordFiles.js';
import { json, smallPictures } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

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
    writeFileSync(file, input);
    await readRecords(file);
  },
};
