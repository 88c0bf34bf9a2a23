import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { loadDetector } from '../../../detectors/loadDetector.js';
import { readDetectorSettings } from '../../../detectors/settings.js';
import { readLog } from '../../../training/log.js';
import type { ProposalTrainingConfig } from '../../../training/proposals/config.js';
import { trainProposals } from '../../../training/proposals/train.js';
import { writeTinyFgClip2 } from '../../fgclip2/tinyFolder.js';
import { tinyObjects, tinyProposalConfig, writeTinyCoco } from './tinyCoco.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-train-fgclip2-'));
const coco = join(folder, 'coco');
let model: string;
beforeAll(async () => {
  model = await writeTinyFgClip2();
  const settings = { contrastVocabulary: ['dog', 'cat'], threshold: 0, temperature: 10 };
  writeFileSync(join(model, 'detector.json'), JSON.stringify(settings));
  await writeTinyCoco(coco, tinyObjects(6));
});
afterAll(() => {
  for (const path of [folder, model]) rmSync(path, { recursive: true, force: true });
});

const stream = new PassThrough().resume() as unknown as NodeJS.WriteStream;
const config = (name: string, changes: Record<string, unknown> = {}) =>
  tinyProposalConfig(coco, model, {
    ...{ output: join(folder, name), imageSize: undefined, patches: 40 },
    ...changes,
  });
const run = (settings: ProposalTrainingConfig) => trainProposals(settings, { stream });
const learnt = (checkpoint: string) =>
  createHash('sha256')
    .update(readFileSync(join(checkpoint, 'detector.safetensors')))
    .digest('hex');

test('a network learns on FG-CLIP 2, and its folder detects again the same', async () => {
  const settings = config('learns', { steps: 30, batch: 3, learningRate: 1e-2 });
  const { checkpoint } = await run(settings);
  const losses = readLog(join(settings.output, 'log.jsonl')).map(({ losses }) => losses.box);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  expect(mean(losses.slice(-8))).toBeLessThan(0.9 * mean(losses.slice(0, 8)));
  expect(existsSync(join(checkpoint, 'config.json'))).toBe(true);
  expect(readDetectorSettings(checkpoint)).toMatchObject({ patches: 40, network: { channels: 8 } });

  const picture = join(coco, 'train2017/000000000139.jpg');
  const detect = async () => {
    const detector = await loadDetector(settings.output);
    expect(detector.boxes).toBe('network');
    const found = await detector.detect(picture, ['a red cat']);
    await detector.dispose();
    return found;
  };
  const found = await detect();
  expect(found.length).toBeGreaterThan(0);
  expect(await detect()).toEqual(found);
});

test('kept features of pictures of different grids are those that would be computed', async () => {
  const kept = config('kept', {
    ...{ steps: undefined, epochs: 2, batch: 3, keepFeatures: join(folder, 'features') },
  });
  const first = await run(kept);
  const [store] = readdirSync(kept.keepFeatures!).map((name) => join(kept.keepFeatures!, name));
  expect(readdirSync(store)).toHaveLength(6);
  const sizes = readdirSync(store).map((name) => readFileSync(join(store, name)).length);
  expect(new Set(sizes).size).toBeGreaterThan(1);
  const again = await run({ ...kept, output: join(folder, 'again'), workers: 2 });
  expect(learnt(again.checkpoint)).toBe(learnt(first.checkpoint));
});

test('a run goes on where it stopped, and a trained network can be trained further', async () => {
  const whole = await run(config('whole', { steps: 4 }));
  const later = config('later', { steps: 4 });
  const stopped = await trainProposals(later, { stream, signal: AbortSignal.abort() });
  expect(stopped).toMatchObject({ step: 0, interrupted: true });
  expect(learnt((await run(later)).checkpoint)).toBe(learnt(whole.checkpoint));
  const further = config('further', { initial: whole.checkpoint, network: undefined, steps: 1 });
  // The first step of a warm-up changes nothing.
  expect(learnt((await run(further)).checkpoint)).toBe(learnt(whole.checkpoint));
});

test('sizes that a family does not take are refused', async () => {
  await expect(run(config('square', { imageSize: 64 }))).rejects.toThrow(
    /give "patches", .* instead of "imageSize"/,
  );
});
