import { readCoco } from '../../datasets/coco.js';
import { readCocoResults } from '../../datasets/cocoResults.js';
import { scoreCoco } from '../../eval/score/cocoScores.js';
import { scoreLvis } from '../../eval/score/lvisScores.js';
import type { Score } from './bench.js';

/** Scores the problem in a folder and prints what it took. Arguments: coco, lvis or masks, and the folder. */
const [protocol, folder] = process.argv.slice(2);
const begin = performance.now();
const masks = protocol === 'masks';
const dataset = readCoco(`${folder}/gt.json`, { masks });
const results = await readCocoResults(`${folder}/dt.json`, { masks });
const read = performance.now();
const files = { dataset, results, unlisted: 0 };
const { stats } = protocol === 'lvis' ? scoreLvis(files) : scoreCoco(files);
const end = performance.now();

const score: Score = {
  reading: (read - begin) / 1000,
  evaluating: (end - read) / 1000,
  // Kilobytes on Linux.
  peak: process.resourceUsage().maxRSS / 1e6,
  stats: Object.values(stats),
};
process.stdout.write(JSON.stringify(score));
