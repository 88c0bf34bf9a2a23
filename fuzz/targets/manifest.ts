import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../../app/prelabel/manifest.js';
import { json } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

const head = {
  ...{ fgdet: '0.1.0', run: 'ab', format: 'coco', output: 'labels.json', images: 'photos' },
  ...{ existing: 'keep', model: {}, options: {}, modelVersion: 'v1' },
  labels: [{ name: 'cat', id: 1, phrasings: ['cat'], threshold: 0.3 }],
};
const picture = {
  ...{ file: 'a.jpg', width: 4, height: 3, status: 'found' },
  found: [{ label: 'cat', box: [0, 0, 1, 1], score: 0.5, own: true }],
};

/** What lies beside labels that came from somebody. */
export const target: FuzzTarget = {
  seeds: () => [Buffer.concat([json(head), Buffer.from('\n'), json(picture)])],
  async read(input, folder) {
    const file = join(folder, 'manifest.jsonl');
    writeFileSync(file, input);
    await readManifest(file);
  },
};
