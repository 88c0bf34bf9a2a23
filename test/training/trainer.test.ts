import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { listCheckpoints } from '../../src/checkpoints/runFolder.js';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import type { TrainingConfig } from '../../training/config.js';
import { readLog } from '../../training/log.js';
import type { TrainingBatch } from '../../training/stepOptions.js';
import { type TrainOptions, train } from '../../training/trainer.js';
import type { TrainStep } from '../../training/trainStep.js';
import { writeParquet, writeTar } from '../datasets/records/writeShards.js';
import { tinyConfig, writeTinyData } from './tinyRun.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-train-'));
  await writeTinyData(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = () => new PassThrough().resume() as unknown as NodeJS.WriteStream;

/** A step whose update depends on every value of its batches, and that can fail or stop at a step. */
function fakeStep(at: { step?: number; act?: () => void; loss?: number } = {}) {
  const createStep = (): TrainStep<TrainingBatch> => ({
    passes: 1,
    async run(state, batches, learningRate) {
      let signal = 0;
      for await (const batch of batches()) signal += checksum(batch);
      const step = state.step + 1;
      if (step === at.step) at.act?.();
      const first = mapArrays(state.first, (m) => 0.9 * m + 0.1 * Math.sin(signal));
      const update = (p: number, m: number) => p - learningRate * (m + 0.01 * p);
      const parameters = Object.fromEntries(
        Object.entries(state.parameters).map(([name, array]) => {
          const moments = first[name].data;
          const values = Float32Array.from(array.data, (p, i) => update(p, moments[i]));
          return [name, ndarray(values, array.shape)];
        }),
      );
      const total =
        step === at.step && at.loss !== undefined ? at.loss : Math.abs(Math.sin(signal));
      const losses = { total, imageTextLong: total / 2, imageTextShort: total / 2 };
      return { state: { parameters, first, second: state.second, step }, losses, gradientNorm: 1 };
    },
    async dispose() {},
  });
  return createStep;
}

function mapArrays(arrays: Record<string, NdArray>, map: (value: number) => number) {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { data, shape }]) => [
      name,
      ndarray(Float32Array.from(data, map), shape),
    ]),
  );
}

function checksum(tree: object): number {
  let sum = 0;
  for (const value of Object.values(tree)) {
    if (value?.data)
      (value.data as Float32Array).forEach((x, i) => {
        sum += x * Math.cos(i);
      });
    else if (value) sum += checksum(value);
  }
  return sum;
}

function weights(checkpoint: string): Buffer {
  const parts = ['model', 'optimizer'].flatMap((name) =>
    [...openSafetensors(join(checkpoint, `${name}.safetensors`))].map(([, array]) => {
      const { data } = array;
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    }),
  );
  return Buffer.concat(parts);
}

const run = (config: TrainingConfig, options: TrainOptions = {}) =>
  train(config, { stream: quiet(), createStep: fakeStep(), ...options });

describe('train', () => {
  test('an interrupted and resumed run ends with the same bits, with any number of workers', async () => {
    const whole = await run(tinyConfig(folder, { output: join(folder, 'whole') }));
    expect(whole).toMatchObject({ step: 6, steps: 6, interrupted: false, badRecords: 0 });

    const config = tinyConfig(folder, { output: join(folder, 'halves'), workers: 3 });
    const stop = new AbortController();
    const createStep = fakeStep({ step: 3, act: () => stop.abort() });
    const half = await run(config, { signal: stop.signal, createStep });
    expect(half).toMatchObject({ step: 3, interrupted: true });
    const rest = await run(config, { start: 'resume' });
    expect(rest.step).toBe(6);
    expect(weights(rest.checkpoint).equals(weights(whole.checkpoint))).toBe(true);

    const losses = (name: string) =>
      readLog(join(folder, name, 'log.jsonl')).map((entry) => [entry.step, entry.losses.total]);
    expect(losses('halves')).toEqual(losses('whole'));
    expect(losses('whole')).toHaveLength(6);
  });

  test('a checkpoint is a model folder, and only the newest are kept', async () => {
    const config = tinyConfig(folder, {
      output: join(folder, 'kept'),
      keep: 2,
      checkpointEvery: 1,
    });
    const { checkpoint } = await run(config);
    const names = listCheckpoints(config.output).map((path) => path.slice(-11));
    expect(names).toEqual(['step-000005', 'step-000006']);
    for (const file of [
      'config.json',
      'tokenizer.json',
      'preprocessor_config.json',
      'state.json',
    ]) {
      expect(existsSync(join(checkpoint, file))).toBe(true);
    }
    const next = tinyConfig(folder, {
      model: { initial: config.output },
      output: join(folder, 'next'),
    });
    expect((await run(next)).step).toBe(6);
  });

  test('a changed setting is named, steps may change, and fresh starts over', async () => {
    const output = join(folder, 'changed');
    await run(tinyConfig(folder, { output, steps: 2 }));
    const changed = tinyConfig(folder, { output, batch: 3, learningRate: 1 });
    await expect(run(changed)).rejects.toThrow(
      /batch: 4 then, 3 now\n {2}learningRate: 0.001 then, 1 now/,
    );
    expect((await run(tinyConfig(folder, { output, steps: 4 }))).step).toBe(4);
    expect((await run({ ...changed, steps: 1 }, { start: 'fresh' })).step).toBe(1);
    expect(readLog(join(output, 'log.jsonl'))).toHaveLength(1);
  });

  test('a loss that is not a number ends the run and names the last good checkpoint', async () => {
    const config = tinyConfig(folder, { output: join(folder, 'nan') });
    const createStep = fakeStep({ step: 4, loss: Number.NaN });
    await expect(run(config, { createStep })).rejects.toThrow(/Step 4: total is NaN.*step-000002/);
  });

  test('unreadable records are replaced and counted; too many end the run', async () => {
    const bad = mkdtempSync(join(tmpdir(), 'fgdet-bad-'));
    await writeTinyData(bad);
    writeFileSync(join(bad, 'images', '4.png'), 'not a picture');
    const records = JSON.parse(readFileSync(join(bad, 'records.json'), 'utf8'));
    const config = tinyConfig(bad, { output: join(bad, 'run') });
    expect((await run(config)).badRecords).toBe(1);
    delete records[5].caption;
    writeFileSync(join(bad, 'records.json'), JSON.stringify(records));
    await expect(run(config, { start: 'fresh' })).rejects.toThrow(/2 records cannot be read/);
    rmSync(bad, { recursive: true });
  });

  test('what is learnt does not depend on the form of the data', async () => {
    const records = JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8')) as object[];
    const pictures = records.map((_, i) => readFileSync(join(folder, 'images', `${i}.png`)));
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(join(folder, 'records.jsonl'), lines.join(''));
    const samples = records.flatMap((record, i) => [
      { name: `${i}.png`, content: pictures[i] },
      { name: `${i}.json`, content: Buffer.from(JSON.stringify(record)) },
    ]);
    await writeTar(join(folder, 'a.tar'), samples.slice(0, 6));
    await writeTar(join(folder, 'b.tar'), samples.slice(6));
    const rows = records.map((record, i) => ({
      ...{ ...record, bbox_info: JSON.stringify(Object(record).bbox_info) },
      image: new Uint8Array(pictures[i]),
    }));
    await writeParquet(join(folder, 'records.parquet'), rows, 4);
    const learnt = async (data: object) => {
      const output = join(folder, 'form');
      const { checkpoint } = await run(tinyConfig(folder, { data: [data], output }), {
        start: 'fresh',
      });
      return weights(checkpoint);
    };
    const images = join(folder, 'images');
    const expected = await learnt({ records: join(folder, 'records.json'), images });
    const forms = [
      { records: join(folder, 'records.jsonl'), images },
      { records: join(folder, '*.tar') },
      { records: join(folder, 'records.parquet'), fields: { image: 'image' } },
    ];
    for (const form of forms) expect((await learnt(form)).equals(expected)).toBe(true);
  });

  test('two runs cannot share an output folder', async () => {
    const config = tinyConfig(folder, { output: join(folder, 'locked') });
    const first = run(config);
    await expect(run(config)).rejects.toThrow(new RegExp(`process id ${process.pid}`));
    await first;
    writeFileSync(join(config.output, 'run.lock'), '999999999\n');
    expect((await run(config)).step).toBe(6);
  });
});

test('the compiled step learns, and resumes to the same bits', async () => {
  // A third region per picture, which no record has, leaves slots empty.
  const settings = {
    ...{ steps: 9, learningRate: 3e-3, checkpointEvery: 100, batch: 4, microBatch: 2 },
    regionsPerImage: 3,
  };
  const real = (output: string, changes: Record<string, unknown> = {}) =>
    tinyConfig(folder, { ...settings, output: join(folder, output), ...changes });
  const whole = await train(real('real'), { stream: quiet() });
  const losses = readLog(join(folder, 'real', 'log.jsonl')).map((entry) => entry.losses);
  expect(Object.keys(losses[0]).sort()).toEqual([
    'hardNegative',
    'imageTextLong',
    'imageTextShort',
    'regional',
    'total',
  ]);
  expect(losses[8].imageTextLong).toBeLessThan(losses[0].imageTextLong);

  const stop = new AbortController();
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.on('data', (line) => {
    if (/step 1\//.test(String(line))) stop.abort();
  });
  const half = await train(real('real-halves'), { stream, signal: stop.signal });
  expect(half).toMatchObject({ interrupted: true });
  const rest = await train(real('real-halves', { workers: 2 }), { stream: quiet() });
  expect(weights(rest.checkpoint).equals(weights(whole.checkpoint))).toBe(true);
});

test('of a step, so many pictures are computed at a time as fit into memory', async () => {
  const lines: string[] = [];
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.on('data', (line) => lines.push(String(line)));
  const settings = { batch: 4, steps: 2, microBatch: 'auto', output: join(folder, 'auto') };
  expect(await train(tinyConfig(folder, settings), { stream })).toMatchObject({ step: 2 });
  expect(lines.join('')).toContain('4 pictures at a time fit into memory');
});
