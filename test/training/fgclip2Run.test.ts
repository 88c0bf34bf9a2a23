import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { loadFgClip2 } from '../../src/fgclip2/model.js';
import { readLog } from '../../training/log.js';
import { type TrainOptions, train } from '../../training/trainer.js';
import { siglip2Part, type TinyChanges, writeTinyFgClip2 } from '../fgclip2/tinyFolder.js';
import { tinyConfig, tinyRecord, writeTinyData } from './tinyRun.js';

/** Record `i` with texts of its own, so that all batches have as many: each number of texts is compiled by itself. */
function record(i: number) {
  const { bbox_info, ...whole } = tinyRecord(i);
  const named = (text: string) => `${text} ${i}`;
  const own = bbox_info.map((box, n) => ({
    ...box,
    ...{ short_expr: named(`box ${n}`), long_expr: named(`box ${n}`) },
    short_expr_negs: Object.fromEntries(
      Object.keys(box.short_expr_negs).map((key) => [key, named(`wrong ${key}`)]),
    ),
  }));
  return { ...whole, short_caption: named('a picture'), bbox_info: own };
}

/** One block in each tower: what is compiled takes the time here. */
const oneBlock: TinyChanges = {
  config(json) {
    for (const tower of [json.text_config, json.vision_config]) tower.num_hidden_layers = 1;
  },
  tensors(tensors) {
    for (const name of tensors.keys()) if (/layers\.[1-9]/.test(name)) tensors.delete(name);
  },
};

let data: string;
let model: string;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'fgdet-train2-'));
  await writeTinyData(data);
  writeFileSync(
    join(data, 'own.json'),
    JSON.stringify(Array.from({ length: 10 }, (_, i) => record(i))),
  );
  model = await writeTinyFgClip2(oneBlock);
});
afterAll(() => {
  for (const folder of [data, model]) rmSync(folder, { recursive: true });
});

const config = (output: string, changes: Record<string, unknown> = {}) =>
  tinyConfig(data, {
    ...{ model: { initial: model }, output: join(data, output), patches: 16 },
    data: [{ records: join(data, 'own.json'), images: join(data, 'images') }],
    ...{ batch: 4, microBatch: 2, checkpointEvery: 100, learningRate: 3e-3, epsilon: 1e-6 },
    ...changes,
  });

const quiet = () => new PassThrough().resume() as unknown as NodeJS.WriteStream;
const run = (settings: ReturnType<typeof config>, options: TrainOptions = {}) =>
  train(settings, { stream: quiet(), ...options });

const lossesOf = (output: string) =>
  readLog(join(data, output, 'log.jsonl')).map(({ losses }) => losses);

function bytesOf(checkpoint: string): Buffer {
  const files = ['model', 'optimizer'].map((name) =>
    readFileSync(join(checkpoint, `${name}.safetensors`)),
  );
  return Buffer.concat(files);
}

test('FG-CLIP 2 learns, resumes to the same bits, and its checkpoint is a model folder of the release', async () => {
  const whole = await run(config('whole', { steps: 10 }));
  const losses = lossesOf('whole');
  expect(losses[9].total).toBeLessThan(0.9 * losses[0].total);
  expect(losses[0].hardGap).not.toBe(0);

  const stop = new AbortController();
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.on('data', (line) => {
    if (/step 1\//.test(String(line))) stop.abort();
  });
  const half = await run(config('halves', { steps: 10 }), { stream, signal: stop.signal });
  expect(half.interrupted).toBe(true);
  const rest = await run(config('halves', { steps: 10, workers: 2 }), { start: 'resume' });
  expect(bytesOf(rest.checkpoint).equals(bytesOf(whole.checkpoint))).toBe(true);
  expect(lossesOf('halves')).toEqual(losses);

  const stored = openSafetensors(join(whole.checkpoint, 'model.safetensors'));
  const released = openSafetensors(join(model, 'model.safetensors'));
  for (const [name, { shape }] of released)
    expect([name, stored.get(name)?.shape]).toEqual([name, shape]);
  expect([...stored.keys()].filter((name) => !released.has(name))).toEqual([
    'logit_scale_finegraind',
    'logit_scale_hardneg',
  ]);
  const json = JSON.parse(readFileSync(join(whole.checkpoint, 'config.json'), 'utf8'));
  expect(json).toMatchObject({ model_type: 'fgclip2', architectures: ['Fgclip2Model'] });
  const trained = await loadFgClip2(whole.checkpoint);
  const { shape, data: values } = await trained.textFeatures(['a red cat'], { length: 'box' });
  expect(shape).toEqual([1, 48]);
  expect(values.every(Number.isFinite)).toBe(true);
  await trained.dispose();
});

test('it starts from SigLIP 2, whose two scales are hundredfold', async () => {
  const start = await writeTinyFgClip2({
    config(json) {
      oneBlock.config!(json);
      json.model_type = 'siglip2';
    },
    tensors(tensors) {
      oneBlock.tensors!(tensors);
      const kept = siglip2Part(tensors);
      for (const name of tensors.keys()) if (!kept.has(name)) tensors.delete(name);
    },
  });
  try {
    const settings = { model: { initial: start }, steps: 1, learningRate: 1e-9 };
    const { checkpoint } = await run(config('siglip2', settings));
    const stored = openSafetensors(join(checkpoint, 'model.safetensors'));
    for (const name of ['logit_scale_finegraind', 'logit_scale_hardneg']) {
      expect(stored.get(name)!.data[0]).toBeCloseTo(Math.log(100), 5);
    }
    expect(stored.get('boxtext_head.weight')!.data).toEqual(
      stored.get('longtext_head.weight')!.data,
    );
  } finally {
    rmSync(start, { recursive: true });
  }
});

test('Chinese records have batches of their own, without regions and without the prefix', async () => {
  const chinese = Array.from({ length: 10 }, (_, i) => ({
    ...record(i),
    ...{ caption: `第${i}只猫和一只狗`, short_caption: `第${i}只猫`, is_cn: true },
  }));
  const records = join(data, 'chinese.json');
  writeFileSync(records, JSON.stringify(chinese));
  const images = join(data, 'images');
  const sources = [
    { records: join(data, 'records.json'), images },
    { records, images },
  ];
  await run(config('languages', { data: sources, steps: 4 }));
  const kinds = lossesOf('languages').map(({ regional }) => regional > 0);
  expect(new Set(kinds)).toEqual(new Set([true, false]));

  // A record among the others is told, and replaced.
  const mixed = [...chinese.slice(0, 7), record(7)];
  writeFileSync(records, JSON.stringify(mixed));
  const said: string[] = [];
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.on('data', (line) => said.push(String(line)));
  const settings = { data: [{ records, images }], steps: 2 };
  expect(await run(config('mixed', settings), { stream })).toMatchObject({ badRecords: 1 });
  expect(said.join('')).toMatch(/record 7: "is_cn" is not what the source's first record says/);
});

test('settings of the other family are refused, and a start at random', async () => {
  const random = { random: join(model, 'config.json'), tokenizer: model };
  const atRandom = config('wrong', { model: { initial: random } });
  await expect(run(atRandom)).rejects.toThrow(/starts from a model folder/);
  await expect(run(config('wrong', { imageSize: 32 }))).rejects.toThrow(/"imageSize".*"patches"/);
  const other = tinyConfig(data, { output: join(data, 'wrong'), patches: 16 });
  await expect(run(other)).rejects.toThrow(/"patches" is no setting for FG-CLIP/);
});
