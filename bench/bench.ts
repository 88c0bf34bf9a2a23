import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../src/random.js';
import { cases } from './cases.js';
import { measureDetection } from './detection/measureDetection.js';
import type { DetectionResult } from './detection/results.js';
import { detectionTables } from './detection/table.js';
import { writeInputs } from './inputs.js';
import { fgdetSide, type Measurement, measure, pytorchSide, type Side } from './measure.js';
import { type Answer, measureAnswers } from './memory.js';
import { pytorchVersion } from './pytorchVersion.js';
import { configOfSize, writeRandomModel } from './randomModel.js';
import { measureStart } from './start/measureStart.js';
import { describeAnswers, tableOf } from './table.js';

const names = [...cases.map(({ name }) => name), 'memory', 'detection', 'start'];

const usage = `Usage: npm run bench -- [options]

Times FG-CLIP with random weights and, where python3 has PyTorch, the same work there, in turns.

  --only image8,train  what to run: ${names.join(', ')}
  --rounds 6           timed runs of each case and side; of detection half as many
  --threads ${availableParallelism()}          threads of one operator, on both sides
  --size base          base, large, tiny, or the path of a config.json
  --no-pytorch         only fgdet
  --json               one machine-readable result instead of the table`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '6' },
    threads: { type: 'string', default: String(availableParallelism()) },
    size: { type: 'string', default: 'base' },
    'no-pytorch': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
const only = values.only?.split(',');
const unknown = only?.filter((name) => !(names as string[]).includes(name)) ?? [];
if (values.help || unknown.length > 0 || !(rounds >= 1) || !(threads >= 1)) {
  if (unknown.length > 0) console.error(`There is no case ${unknown.join(', ')}.\n`);
  console.error(usage);
  process.exit(values.help ? 0 : 1);
}

const machine = `${cpus()[0].model}, ${cpus().length} cores, ${threads} threads, Node.js ${process.versions.node}`;
const torch = values['no-pytorch'] ? undefined : pytorchVersion();
const sides: Side[] = torch ? [fgdetSide, pytorchSide] : [fgdetSide];
const folder = mkdtempSync(join(tmpdir(), 'fgdet-bench-'));
const selected = (name: string) => !only || only.includes(name);
let answers: Answer[] = [];
let detection: DetectionResult | undefined;
let start: string | undefined;
const results: { name: string; title: string; measurements: Measurement[] }[] = [];
try {
  console.error(machine);
  console.error(torch ? `PyTorch ${torch}` : 'Without PyTorch: fgdet only.');
  console.error(`Load average before the start: ${loadavg()[0].toFixed(1)}`);
  const config = configOfSize(values.size);
  if ([...cases.map(({ name }) => name), 'detection'].some(selected)) {
    await writeRandomModel(config, folder);
    writeInputs(folder, config, createRandom(0));
  }
  for (const benchCase of cases) {
    if (!selected(benchCase.name)) continue;
    console.error(`${benchCase.title} …`);
    const options = { model: folder, inputs: folder, threads, rounds };
    const { name, title } = benchCase;
    results.push({ name, title, measurements: await measure(benchCase, sides, options) });
  }
  if (selected('memory')) {
    console.error('memory …');
    answers = await measureAnswers(config, threads);
  }
  if (selected('detection')) {
    detection = await measureDetection(folder, threads, Math.ceil(rounds / 2));
  }
  if (selected('start')) {
    console.error('start …');
    start = await measureStart(rounds);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (values.json)
  console.log(JSON.stringify({ threads, torch, results, answers, detection, start }));
else {
  if (results.length > 0) console.log(`${tableOf(results)}\n`);
  if (answers.length > 0) console.log(`${describeAnswers(answers)}\n`);
  if (detection) console.log(`${machine}\n\n${detectionTables(detection)}`);
  if (start) console.log(start);
}
