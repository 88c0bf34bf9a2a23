import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { packageRoot } from '../../src/files/packageRoot.js';
import { parseTrainingConfig } from '../../training/config.js';
import { train } from '../../training/trainer.js';

/** One run: the settings it was given, and what it took. */
interface Measured {
  batch: number;
  microBatch: number | 'auto' | undefined;
  ranks: number;
  /** The most memory a process took, in GB; the least of a step, in seconds per picture. */
  peak: number;
  picturesPerSecond: number;
}

const args = yargs(hideBin(process.argv))
  .scriptName('npm run bench:training --')
  .usage(
    '$0\n\nMemory and speed of training steps: batches of several sizes, and several processes.',
  )
  .option('model', { type: 'string', default: 'base', describe: 'A model of configs/models' })
  .option('size', { type: 'number', default: 112, describe: 'Side of the pictures, in pixels' })
  .option('batches', { type: 'string', default: '16,64,256', describe: 'Pictures of a step' })
  .option('micro-batch', { type: 'string', default: '16', describe: 'Pictures at a time, or auto' })
  .option('ranks', {
    type: 'string',
    default: '1',
    describe: 'Numbers of processes, under mpirun, a core for each',
  })
  .option('steps', { type: 'number', default: 2 })
  .option('stage', { type: 'number', default: 2 })
  .option('run', { type: 'string', hidden: true })
  .strict()
  .parseSync();

if (args.run) await runOne(args.run);
else await runAll();

async function runAll(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-bench-training-'));
  try {
    await writeData(folder);
    const numbers = (list: string) => list.split(',').map(Number);
    console.log(`model ${args.model}, ${args.size} pixels, stage ${args.stage}`);
    console.log('batch  micro-batch  ranks  peak memory  pictures/s');
    for (const batch of numbers(args.batches)) {
      for (const ranks of numbers(args.ranks)) {
        const { microBatch, peak, picturesPerSecond } = measure(folder, batch, ranks);
        console.log(
          [
            String(batch).padStart(5),
            String(microBatch).padStart(12),
            String(ranks).padStart(6),
            `${peak.toFixed(2)} GB`.padStart(12),
            picturesPerSecond.toFixed(2).padStart(11),
          ].join(' '),
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Scenes, each of which a step may show several times. */
async function writeData(folder: string): Promise<void> {
  const cli = join(packageRoot, 'dist/app/cli/fgdet.js');
  const { status, stderr } = spawnSync(
    process.execPath,
    [cli, 'data', 'scenes', '--count', '256', '--output', join(folder, 'scenes'), '--seed', '1'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}

function measure(folder: string, batch: number, ranks: number): Measured {
  const output = join(folder, 'run');
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const microBatch = args.microBatch === 'auto' ? 'auto' : Number(args.microBatch);
  const config = {
    stage: args.stage,
    model: {
      initial: {
        random: join(packageRoot, `configs/models/${args.model}.json`),
        tokenizer: join(packageRoot, 'configs/models/scenes-tokenizer'),
      },
    },
    data: [
      {
        records: join(folder, 'scenes/finehard.json'),
        images: join(folder, 'scenes'),
        weight: Math.ceil((batch * args.steps) / 256),
      },
    ],
    ...{ imageSize: args.size, batch, microBatch, regionBatch: Math.min(batch / ranks, 64) },
    ...{ steps: args.steps, checkpointEvery: 1000, output },
  };
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  const script = fileURLToPath(import.meta.url);
  const command = [process.execPath, script, '--run', file];
  // Numbers of processes are compared with a core for each.
  const launcher = ['mpirun', '--bind-to', 'core', '-n', String(ranks)];
  const [program, ...rest] = args.ranks === '1' ? command : [...launcher, ...command];
  const { status, stdout, stderr } = spawnSync(program, rest, {
    encoding: 'utf8',
    env: {
      ...process.env,
      OMPI_ALLOW_RUN_AS_ROOT: '1',
      OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
      OMPI_MCA_rmaps_base_oversubscribe: '1',
    },
  });
  if (status !== 0) throw new Error(stderr);
  const found = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { peak: number; seconds: number });
  return {
    ...{ batch, microBatch, ranks },
    peak: Math.max(...found.map(({ peak }) => peak)),
    picturesPerSecond: batch / Math.min(...found.map(({ seconds }) => seconds)),
  };
}

/** Trains as a config says, without its last checkpoint being timed, and prints what it took. */
async function runOne(file: string): Promise<void> {
  const { withRanks } = await import('../../src/ranks/mpiRanks.js');
  const { readFileSync } = await import('node:fs');
  const { readLog } = await import('../../training/log.js');
  const config = parseTrainingConfig(JSON.parse(readFileSync(file, 'utf8')), file);
  await withRanks(async (ranks) => {
    await train(config, { ranks, start: 'fresh' });
    const entries = readLog(join(config.output, 'log.jsonl'));
    const rates = entries.map(({ imagesPerSecond }) => imagesPerSecond);
    const peak = process.resourceUsage().maxRSS / 1e6;
    process.stdout.write(
      `${JSON.stringify({ peak, seconds: config.batch / Math.max(...rates) })}\n`,
    );
  });
}
