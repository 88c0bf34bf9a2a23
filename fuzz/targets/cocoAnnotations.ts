import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCoco } from '../../datasets/coco.js';
import { coco } from '../../test/datasets/labels/samples.js';
import { json } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

const masked = {
  ...coco,
  annotations: [
    ...coco.annotations.slice(0, 2),
    {
      ...{ id: 5, image_id: 4, category_id: 3, bbox: [0, 0, 9, 9], area: 4, iscrowd: 0 },
      segmentation: { size: [50, 100], counts: [10, 5, 4985] },
    },
  ],
};

/** Annotations to train with, and to score against. */
export const target: FuzzTarget = {
  seeds: () => [json(masked)],
  read(input, folder) {
    const file = join(folder, 'instances.json');
    writeFileSync(file, input);
    const scoring = input.length % 2 === 0;
    readCoco(file, { scoring, masks: input.length % 3 === 0 });
  },
};
