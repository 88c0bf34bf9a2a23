import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/files/packageRoot.js';
import { type Measurement, measure, type Side } from '../measure.js';
import { pytorchVersion } from '../pytorchVersion.js';
import { tableOf } from '../table.js';
import { cases } from './cases.js';
import { writeInputs } from './inputs.js';
import { baseConfig, writeRandomFgClip2 } from './randomModel.js';
import { tokenizerTable } from './tokenizer.js';

const names = [...cases.map(({ name }) => name), 'tokenizer'];

const usage = `Usage: npm run bench:fgclip2 -- [options]

Times FG-CLIP 2 of base's sizes with random weights (and a vocabulary of 1,000) and, where python3 has PyTorch, the same
work there, in turns; and the tokenizer, where FGDET_GEMMA_TOKENIZER names a folder with the real one.

  --only image256x1,short  what to run: ${names.join(', ')}
  --rounds 6               timed runs of each case and side
  --threads ${availableParallelism()}              threads of one operator, on both sides
  --layers 12              blocks of each tower
  --no-pytorch             only fgdet`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '6' },
    threads: { type: 'string', default: String(availableParallelism()) },
    layers: { type: 'string', default: '12' },
    'no-pytorch': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [rounds, threads, layers] = [values.rounds, values.threads, values.layers].map(Number);
const only = values.only?.split(',') ?? names;
const unknown = only.filter((name) => !names.includes(name));
if (values.help || unknown.length > 0 || !(rounds >= 1 && threads >= 1 && layers >= 1)) {
  if (unknown.length > 0) console.error(`There is no case ${unknown.join(', ')}.\n`);
  console.error(usage);
  process.exit(values.help ? 0 : 1);
}

const own: Side = {
  name: 'fgdet',
  command: process.execPath,
  args: [fileURLToPath(new URL('worker.js', import.meta.url))],
};
const pytorch: Side = {
  name: 'PyTorch',
  command: 'python3',
  args: [join(packageRoot, 'bench/pytorch/fgclip2_worker.py')],
};
const torch = values['no-pytorch'] ? undefined : pytorchVersion();
console.error(`${cpus()[0].model}, ${threads} threads, Node.js ${process.versions.node}`);
console.error(torch ? `PyTorch ${torch}` : 'Without PyTorch: fgdet only.');
console.error(`Load average before the start: ${loadavg()[0].toFixed(1)}`);
const chosen = cases.filter(({ name }) => only.includes(name));
if (chosen.length > 0) {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-bench-'));
  try {
    const config = baseConfig(layers);
    await writeRandomFgClip2(config, folder);
    writeInputs(config, folder);
    const results: { title: string; measurements: Measurement[] }[] = [];
    for (const benchCase of chosen) {
      console.error(`${benchCase.title} …`);
      const options = { model: folder, inputs: folder, threads, rounds };
      const measurements = await measure(benchCase, torch ? [own, pytorch] : [own], options);
      results.push({ title: benchCase.title, measurements });
    }
    console.log(`${tableOf(results)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
if (only.includes('tokenizer')) {
  const folder = process.env.FGDET_GEMMA_TOKENIZER;
  if (folder) console.log(tokenizerTable(folder, rounds));
  else console.error('tokenizer: left out, for FGDET_GEMMA_TOKENIZER names no folder.');
}
