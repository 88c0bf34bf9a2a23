import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCocoResults } from '../../datasets/cocoResults.js';
import { json } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

export const target: FuzzTarget = {
  seeds: () => [
    json([
      { image_id: 17, category_id: 3, bbox: [0.5, 20, 3, 30], score: 0.25 },
      { image_id: 'a/b.jpg', category_id: 'cat', bbox: [1, 2, 3, 4], score: 1, file_name: 'b.jpg' },
    ]),
    json([
      {
        ...{ image_id: 4, category_id: 3, score: 0.5 },
        segmentation: { size: [50, 100], counts: [10, 5, 4985] },
      },
    ]),
  ],
  async read(input, folder) {
    const file = join(folder, 'results.json');
    writeFileSync(file, input);
    await readCocoResults(file, { masks: input.length % 2 === 0 });
  },
};
