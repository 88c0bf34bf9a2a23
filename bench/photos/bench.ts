import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadDetector } from '../../detectors/loadDetector.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { shippedModel } from '../../src/modelFamily.js';
import { openPhotosFolder } from '../../src/photos/modelFolder.js';
import { markdownTable } from '../markdown.js';
import { median } from '../median.js';
import { WorkerProcess } from '../workerProcess.js';

const usage = `Usage: npm run bench:photos -- [options]

Times the model for photographs, phrases known: a photograph from its file to its boxes, in turns with ultralytics'
YOLOE-11s and YOLO-World-S at 640 pixels in PyTorch (random weights) where python has them, and a folder.

  --photos DIR       JPEG files; samples
  --python python3   with ultralytics, or not
  --rounds 40        photographs`;

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: join(packageRoot, 'samples') },
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '40' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const rounds = Number(values.rounds);
if (values.help || !(rounds >= 1)) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

const files = readdirSync(values.photos)
  .filter((name) => name.endsWith('.jpg'))
  .map((name) => join(values.photos, name));
const { detector: names } = openPhotosFolder(shippedModel).names;
const folder = mkdtempSync(join(tmpdir(), 'fgdet-bench-'));
const namesFile = join(folder, 'names.json');
writeFileSync(namesFile, JSON.stringify(names));

const own = fileURLToPath(new URL('worker.js', import.meta.url));
const peers = join(packageRoot, 'bench/photos/peers.py');
const sides = [
  ...['float32', 'float16'].map((precision) => ({
    name: `fgdet, ${precision}`,
    command: process.execPath,
    args: [own, namesFile, precision, ...files],
  })),
  ...['yoloe-11s', 'yolov8s-worldv2'].map((model) => ({
    name: `ultralytics ${model}, 640 px`,
    command: values.python,
    args: [peers, model, ...files],
  })),
];

const workers: { name: string; worker: WorkerProcess; wall: number[]; processor: number[] }[] = [];
for (const { name, command, args } of sides) {
  try {
    const { worker } = await WorkerProcess.start(command, args);
    workers.push({ name, worker, wall: [], processor: [] });
  } catch (error) {
    console.error(`${name}: left out: ${(error as Error).message.split('\n').at(-2) ?? error}`);
  }
}
// In turns, so that a busy minute of the machine meets all of them.
for (let round = 0; round < rounds; round++) {
  for (const { worker, wall, processor } of workers) {
    const { milliseconds, processorMilliseconds } = await worker.run();
    wall.push(milliseconds);
    processor.push(processorMilliseconds);
  }
}
const [first] = workers;
const rows: string[][] = [];
for (const { name, worker, wall, processor } of workers) {
  const peak = await worker.end();
  const ratios = wall.map((value, i) => value / first.wall[i]);
  rows.push([
    name,
    median(wall).toFixed(0),
    median(processor).toFixed(0),
    median(ratios).toFixed(2),
    peak === null ? '' : (peak / 2 ** 20).toFixed(0),
  ]);
}
console.log(
  `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, ${files.length} files\n`,
);
const header = ['80 names known', 'ms', 'processor ms', 'times the first', 'peak MiB'];
console.log(markdownTable(header, rows));

const detector = await loadDetector();
await detector.detect(files[0], names);
const many = Array.from({ length: rounds }, (_, i) => files[i % files.length]);
const start = performance.now();
for await (const _ of detector.detectEach(many, names));
const perSecond = (1000 * many.length) / (performance.now() - start);
await detector.dispose();
console.log(`\nA folder of ${many.length}: ${perSecond.toFixed(1)} a second.`);
rmSync(folder, { recursive: true });
