import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/files/packageRoot.js';
import { median } from '../median.js';
import { type ProblemSize, sizes, writeProblem } from './problem.js';

/** What scoring took: seconds, gigabytes, and the numbers. */
export interface Score {
  reading: number;
  evaluating: number;
  peak: number;
  stats: number[];
}

const usage = `Usage: npm run bench:evaluation -- [options]

Times scoring of made-up boxes and masks of the size of COCO val2017 and boxes of a fifth of LVIS val, each in a process of
its own, and, where python3 has them, pycocotools, faster_coco_eval and lvis on the same files.

  --problems DIR   where the problems are kept, or written; runs/evaluation-problems
  --rounds 3       runs of each; the median is told
  --whole          LVIS val as a whole too: 5.9 million detections, fgdet only`;

const { values } = parseArgs({
  options: {
    problems: { type: 'string', default: join(packageRoot, 'runs/evaluation-problems') },
    rounds: { type: 'string', default: '3' },
    whole: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const rounds = Number(values.rounds);
if (values.help || !(rounds >= 1)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const fifth = (size: ProblemSize): ProblemSize => ({
  ...size,
  images: Math.floor(size.images / 5),
  objects: Math.floor(size.objects / 5),
});

const cocoPeers = ['pycocotools', 'faster_coco_eval'];
const lvisPeers = ['lvis', 'faster_coco_eval'];
const problems = [
  { name: 'COCO val2017', protocol: 'coco', size: sizes.coco, peers: cocoPeers },
  { name: 'COCO val2017, masks', protocol: 'masks', size: sizes.cocoMasks, peers: cocoPeers },
  { name: 'a fifth of LVIS val', protocol: 'lvis', size: fifth(sizes.lvis), peers: lvisPeers },
  ...(values.whole ? [{ name: 'LVIS val', protocol: 'lvis', size: sizes.lvis, peers: [] }] : []),
];

const here = fileURLToPath(new URL('.', import.meta.url));
const python = join(packageRoot, 'bench/evaluation/peers.py');

console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}\n`);
console.log(
  '| problem | detections | scorer | evaluate, s | read, s | peak, GB | largest difference |',
);
console.log('| --- | --: | --- | --: | --: | --: | --: |');
for (const { name, protocol, size, peers } of problems) {
  const folder = join(values.problems, name.replaceAll(/[ ,]+/g, '-'));
  if (!existsSync(join(folder, 'dt.json'))) await writeProblem(folder, size);
  const installed = peers.filter((peer) => run('python3', ['-c', `import ${peer}`]) !== undefined);
  const scorers: [string, () => Score][] = [
    ['fgdet', () => score(process.execPath, [join(here, 'worker.js'), protocol, folder])],
    ...installed.map((peer): [string, () => Score] => [
      peer,
      () => score('python3', [python, peer, protocol, folder]),
    ]),
  ];
  const runs = new Map(scorers.map(([scorer]) => [scorer, [] as Score[]]));
  // In turns, so that a busy minute of the machine meets all of them.
  for (let round = 0; round < rounds; round++) {
    for (const [scorer, measure] of scorers) runs.get(scorer)!.push(measure());
  }
  const own = runs.get('fgdet')![0].stats;
  const detections = (size.images * size.detections).toLocaleString('en');
  for (const [scorer, scores] of runs) {
    const [evaluating, reading, peak] = (['evaluating', 'reading', 'peak'] as const).map((what) =>
      median(scores.map((measured) => measured[what])),
    );
    const difference = Math.max(...own.map((value, i) => Math.abs(value - scores[0].stats[i])));
    const told = scorer === 'fgdet' ? '' : difference.toExponential(1);
    console.log(
      `| ${name} | ${detections} | ${scorer} | ${evaluating.toFixed(1)} | ${reading.toFixed(1)} | ${peak.toFixed(2)} | ${told} |`,
    );
  }
}

function score(command: string, args: string[]): Score {
  const printed = run(command, args);
  if (printed === undefined) throw new Error(`${[command, ...args].join(' ')} failed.`);
  return JSON.parse(printed) as Score;
}

/** What a command prints; undefined when it fails. */
function run(command: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return status === 0 ? stdout : undefined;
}
