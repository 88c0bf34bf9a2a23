import { readCoco } from '../../datasets/coco.js';
import { readCocoResults } from '../../datasets/cocoResults.js';
import { evaluateBoxes, summarize } from '../../eval/coco/index.js';
import {
  groundTruthOfDataset,
  lvisGroundTruthOfDataset,
} from '../../eval/detection/groundTruth.js';
import { evaluateLvis, summarizeLvis } from '../../eval/lvis/index.js';
import type { Score } from './bench.js';

/** Scores the problem in a folder and prints what it took. Arguments: coco or lvis, and the folder. */
const [protocol, folder] = process.argv.slice(2);
const begin = performance.now();
const dataset = readCoco(`${folder}/gt.json`);
const found = await readCocoResults(`${folder}/dt.json`);
const read = performance.now();
const stats =
  protocol === 'lvis' ? lvis() : summarize(evaluateBoxes(groundTruthOfDataset(dataset), found));
const end = performance.now();

function lvis() {
  const truth = lvisGroundTruthOfDataset(dataset);
  return summarizeLvis(evaluateLvis(truth, found), truth);
}

const score: Score = {
  reading: (read - begin) / 1000,
  evaluating: (end - read) / 1000,
  // Kilobytes on Linux.
  peak: process.resourceUsage().maxRSS / 1e6,
  stats: Object.values(stats),
};
process.stdout.write(JSON.stringify(score));
