import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { readCoco } from '../../datasets/coco.js';
import { generateScenes } from '../../datasets/scenes/generate.js';
import { damagedPictures } from './damagedPictures.js';
import { fullDisk } from './fullDisk.js';
import { hostileFiles } from './hostileFiles.js';
import { killRuns } from './kills.js';
import { manyPictures } from './manyPictures.js';

const args = yargs(hideBin(process.argv))
  .scriptName('npm run bench:reliability --')
  .usage(
    '$0\n\nWhat becomes of prelabel runs that are killed, of damaged and hostile files, and on a full disk.',
  )
  .option('kills', { type: 'number', default: 50, describe: 'How often runs are killed' })
  .option('damaged', { type: 'number', default: 1000, describe: 'Damaged files' })
  .option('many', { type: 'number', default: 10_000, describe: 'Pictures of a large folder' })
  .option('only', { type: 'string', describe: 'Parts: killed,damaged,hostile,many' })
  .option('pictures', { type: 'number', default: 60, describe: 'Pictures of the killed runs' })
  .strict()
  .parseSync();

const folder = mkdtempSync(join(tmpdir(), 'fgdet-bench-reliability-'));
try {
  const scenes = join(folder, 'photos');
  await generateScenes({
    ...{ count: args.pictures, output: scenes, seed: 8, workers: 1 },
    ...{ size: [160, 160], objects: [2, 4], objectSize: [0.3, 0.5] },
  });
  const { categories } = readCoco(join(scenes, 'annotations.json'));
  const names = categories.slice(0, 20).map(({ name }) => `${name} @ 0.3\n`);
  writeFileSync(join(folder, 'labels.txt'), names.join(''));
  const parts: Record<string, () => Promise<string[]>> = {
    // A full disk's labels are compared with those of the runs that were killed.
    killed: async () => [...(await killRuns(folder, args.kills)), ...(await fullDisk(folder))],
    damaged: () => damagedPictures(folder, args.damaged),
    hostile: () => hostileFiles(folder),
    many: () => manyPictures(folder, args.many),
  };
  const wanted = args.only?.split(',') ?? Object.keys(parts);
  for (const [name, part] of Object.entries(parts)) {
    if (!wanted.includes(name)) continue;
    for (const line of await part()) console.log(`${name}: ${line}.`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
