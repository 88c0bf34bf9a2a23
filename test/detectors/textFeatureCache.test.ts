import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { features } from '../../detectors/features.js';
import { TextFeatureCache } from '../../detectors/textFeatureCache.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { ndarray } from '../../src/jit/ndarray.js';

const userCache = process.env.XDG_CACHE_HOME;
let model: string;
let computed: number;

beforeEach(async () => {
  process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), 'fgdet-cache-'));
  model = mkdtempSync(join(tmpdir(), 'fgdet-model-'));
  computed = 0;
  await weigh(1);
});

afterAll(() => {
  if (userCache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = userCache;
});

function weigh(value: number): Promise<void> {
  const weights = { weight: ndarray(Float32Array.of(value), [1]) };
  return writeSafetensors(join(model, 'model.safetensors'), weights);
}

async function compute() {
  computed++;
  return features(Float32Array.of(0.1, 0.2, 0.3, 0.4), 2);
}

const get = (texts = ['cat', 'dog'], run = 'cpu') =>
  new TextFeatureCache(model, run).get(texts, compute);

test('features are computed once and come back to the bit', async () => {
  const first = await get();
  const second = await get();
  expect(computed).toBe(1);
  expect([...second.values]).toEqual([...first.values]);
  expect(second.dimension).toBe(2);
});

test('other texts, weights, tokenizers and devices are computed anew', async () => {
  await get();
  await get(['cat', 'cow']);
  await get(undefined, 'cuda');
  writeFileSync(join(model, 'tokenizer.json'), '{}');
  await get();
  await weigh(2);
  await get();
  expect(computed).toBe(5);
});

test('a damaged file is computed again', async () => {
  await get();
  const folder = join(process.env.XDG_CACHE_HOME!, 'fgdet', 'texts');
  const [name] = readdirSync(folder);
  writeFileSync(join(folder, name), 'damaged');
  await get();
  await get();
  expect(computed).toBe(2);
});

test('a cache that cannot be written does no harm', async () => {
  const file = join(model, 'a-file');
  writeFileSync(file, '');
  process.env.XDG_CACHE_HOME = file;
  expect((await get()).count).toBe(2);
});

test('a model folder can bring its features along', async () => {
  await new TextFeatureCache(model, 'cpu').ship(['cat', 'dog'], await compute());
  expect((await get()).count).toBe(2);
  expect(computed).toBe(1);
});
