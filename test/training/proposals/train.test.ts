import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { letterbox, renderCanvas, toPicture } from '../../../detectors/letterbox.js';
import { loadDetector } from '../../../detectors/loadDetector.js';
import type { GridProposal } from '../../../detectors/proposals/decode.js';
import { networkConfig } from '../../../detectors/proposals/networkConfig.js';
import { readNetwork } from '../../../detectors/proposals/networkFile.js';
import { NetworkProposer } from '../../../detectors/proposals/networkProposer.js';
import { readDetectorSettings } from '../../../detectors/settings.js';
import { listCheckpoints } from '../../../src/checkpoints/runFolder.js';
import { FgClip } from '../../../src/fgclip/model.js';
import { loadModelFolder } from '../../../src/fgclip/modelFolder.js';
import { boxIou } from '../../../src/geometry/boxes.js';
import { decodeImage } from '../../../src/images/decode.js';
import { clipNormalisation } from '../../../src/images/preprocess.js';
import { ndarray } from '../../../src/jit/ndarray.js';
import { readLog } from '../../../training/log.js';
import type { ProposalTrainingConfig } from '../../../training/proposals/config.js';
import { type TrainProposalsOptions, trainProposals } from '../../../training/proposals/train.js';
import { writeTinyModel } from '../../app/cli/tinyModel.js';
import { localRanks } from '../../ranks/localRanks.js';
import {
  baseSplit,
  pictureSize,
  type TinyObject,
  tinyObjects,
  tinyProposalConfig,
  writeTinyCoco,
} from './tinyCoco.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-train-proposals-'));
const coco = join(folder, 'coco');
let model: string;
beforeAll(async () => {
  model = await writeTinyModel({ contrastVocabulary: ['dog', 'cat'], threshold: 0 });
  await writeTinyCoco(coco, tinyObjects(7));
});
afterAll(() => {
  for (const path of [folder, model]) rmSync(path, { recursive: true, force: true });
});

const quiet = () => new PassThrough().resume() as unknown as NodeJS.WriteStream;
const config = (name: string, changes: Record<string, unknown> = {}) =>
  tinyProposalConfig(coco, model, { output: join(folder, name), ...changes });
const run = (settings: ProposalTrainingConfig, options: TrainProposalsOptions = {}) =>
  trainProposals(settings, { stream: quiet(), ...options });
const losses = ({ output }: ProposalTrainingConfig) =>
  readLog(join(output, 'log.jsonl')).map((entry) => entry.losses.total);

/** Stops a run after this step. */
function stopAfter(step: number): TrainProposalsOptions {
  const stop = new AbortController();
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  // On a terminal every step is shown.
  stream.isTTY = true;
  stream.columns = 200;
  stream.on('data', (line) => {
    if (String(line).includes(`step ${step}/`)) stop.abort();
  });
  return { stream, signal: stop.signal };
}

/** A checkpoint's network and moments, as digests: jest compares long buffers slowly. */
const learnt = (checkpoint: string) =>
  ['detector', 'optimizer'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(checkpoint, `${name}.safetensors`)))
      .digest('hex'),
  );

/** Still pictures, so that features with and without a store are of the same. */
const still = { jitter: { lowest: 1, highest: 1 }, flip: false };

describe('keepFeatures', () => {
  const twoEpochs = { steps: undefined, epochs: 2, batch: 3 };

  test('what was read from the disk is what would have been computed', async () => {
    const kept = config('kept', { ...twoEpochs, keepFeatures: join(folder, 'features') });
    const whole = await run(kept);
    expect(whole.step).toBe(4);

    const again = config('again', { ...twoEpochs, keepFeatures: join(folder, 'other') });
    await run(again, stopAfter(2));
    // Moving or losing the features changes nothing.
    const lost = { ...again, keepFeatures: join(folder, 'third') };
    const { checkpoint } = await run(lost, { start: 'resume' });
    expect(learnt(checkpoint)).toEqual(learnt(whole.checkpoint));

    // Nor does a file that is cut off; it is written anew.
    const [store] = readdirSync(kept.keepFeatures!).map((name) => join(kept.keepFeatures!, name));
    const file = join(store, readdirSync(store)[0]);
    const content = readFileSync(file);
    truncateSync(file, content.length / 2);
    const repaired = await run({ ...kept, output: join(folder, 'repaired') });
    expect(learnt(repaired.checkpoint)).toEqual(learnt(whole.checkpoint));
    expect(readFileSync(file).equals(content)).toBe(true);

    const plain = config('plain', twoEpochs);
    await expect(run({ ...plain, output: kept.output })).rejects.toThrow(
      /keepFeatures: true then, absent now/,
    );
  });

  test('float16 is close to what the tower says', async () => {
    const settings = { ...twoEpochs, ...still };
    const kept = config('kept-still', { ...settings, keepFeatures: join(folder, 'features') });
    const plain = config('plain-still', settings);
    await Promise.all([run(kept), run(plain)]);
    losses(kept).forEach((loss, i) => {
      expect(Math.abs(loss - losses(plain)[i])).toBeLessThan(2e-3);
    });
  });

  test('the room that it takes is said first', async () => {
    const stream = new PassThrough() as unknown as NodeJS.WriteStream;
    let said = '';
    stream.on('data', (text) => {
      said += String(text);
    });
    const settings = config('room', { ...twoEpochs, keepFeatures: join(folder, 'room-features') });
    await run(settings, { stream });
    // 7 pictures, 4 taps of 8 x 8 patches, 32 values of 2 bytes.
    expect(said).toMatch(/^The features of 7 pictures take 0.000 GB in .*: 0 pictures are there/);
    said = '';
    await run({ ...settings, output: join(folder, 'room-2') }, { stream });
    expect(said).toMatch(/: [67] pictures are there/);
  });
});

describe('trainProposals', () => {
  test('learns, and writes a folder that detects', async () => {
    const settings = config('learns', {
      ...{ steps: 40, batch: 4, learningRate: 1e-2 },
      ...{ checkpointEvery: 20, keep: 1 },
    });
    const result = await run(settings);
    expect(result).toMatchObject({ step: 40, steps: 40, interrupted: false, badRecords: 0 });
    const boxLosses = readLog(join(settings.output, 'log.jsonl')).map(({ losses }) => losses.box);
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(boxLosses.slice(-10))).toBeLessThan(0.9 * mean(boxLosses.slice(0, 10)));
    expect(listCheckpoints(settings.output)).toEqual([result.checkpoint]);
    expect(existsSync(join(settings.output, 'loss.png'))).toBe(true);
    expect(readDetectorSettings(result.checkpoint)).toMatchObject({
      threshold: 0,
      network: { channels: 8, convolutions: 1, finest: 0.5, taps: [1, 1, 1, 1] },
    });
    const detector = await loadDetector(settings.output);
    const picture = join(coco, 'train2017/000000000139.jpg');
    const found = await detector.detect(picture, ['a red cat']);
    expect(found.length).toBeGreaterThan(0);
    await detector.dispose();
  });

  test('an interrupted and resumed run ends with the same bits, with any number of workers', async () => {
    const settings = { microBatch: 1, batch: 2 };
    const whole = await run(config('whole', settings));
    const halves = config('halves', { ...settings, workers: 3 });
    expect(await run(halves, stopAfter(2))).toMatchObject({ step: 2, interrupted: true });
    const rest = await run(halves, { start: 'resume' });
    expect(rest).toMatchObject({ step: 6, interrupted: false });
    expect(learnt(rest.checkpoint)).toEqual(learnt(whole.checkpoint));
    expect(losses(halves)).toEqual(losses(config('whole')));
  });

  test('two ranks learn what one process learns', async () => {
    const settings = { microBatch: 1, batch: 2, steps: 3 };
    const whole = config('one-rank', settings);
    await run(whole);
    const shared = config('two-ranks', settings);
    const results = await Promise.all(localRanks(2).map((ranks) => run(shared, { ranks })));
    expect(results[1]).toEqual(results[0]);
    losses(shared).forEach((loss, i) => {
      expect(loss).toBeCloseTo(losses(whole)[i], 4);
    });
  });

  test('boxes of other categories are as if they were not annotated', async () => {
    const all = tinyObjects(7);
    const bases = new Set(JSON.parse(readFileSync(baseSplit, 'utf8')) as string[]);
    const only = all.map((own) => own.filter(({ name }) => bases.has(name)));
    expect(only.flat().length).toBeLessThan(all.flat().length);
    const novel: TinyObject = { name: 'cat', bbox: [9, 9, 30, 40] };
    // Neither a novel crowd nor a picture that shows novel objects alone makes a difference.
    all[0].push({ ...novel, crowd: true });
    all.push([novel]);
    const [withNovel, withoutNovel] = ['with-novel', 'without-novel'].map((n) => join(folder, n));
    await writeTinyCoco(withNovel, all);
    await writeTinyCoco(withoutNovel, only);
    // The same pictures, so that only the annotations differ.
    rmSync(join(withoutNovel, 'train2017'), { recursive: true });
    symlinkSync(join(withNovel, 'train2017'), join(withoutNovel, 'train2017'));
    const runOf = (coco: string) =>
      run(tinyProposalConfig(coco, model, { output: join(coco, 'run'), steps: 4 }));
    const [a, b] = [await runOf(withNovel), await runOf(withoutNovel)];
    expect(learnt(a.checkpoint)[0]).toEqual(learnt(b.checkpoint)[0]);
  });

  test('changed settings are named; steps and notes on the data may change', async () => {
    await run(config('changed', { steps: 1 }));
    const changed = config('changed', { flip: false, network: { channels: 4 }, batch: 1 });
    await expect(run(changed)).rejects.toThrow(
      /network.channels: 8 then, 4 now[\s\S]*flip: true then, false now[\s\S]*batch: 2 then, 1 now/,
    );
    const more = config('changed', { steps: 2 });
    more.data[0].origin = 'somewhere else';
    expect((await run(more)).step).toBe(2);
  });

  test('a trained network can be trained further', async () => {
    const first = await run(config('first', { steps: 2 }));
    const further = config('further', { initial: join(folder, 'first'), network: undefined });
    // The first step of a warm-up changes nothing.
    const start = await run({ ...further, steps: 1 });
    expect(learnt(start.checkpoint)[0]).toEqual(learnt(first.checkpoint)[0]);
    const none = config('none', { initial: model, network: undefined });
    await expect(run(none)).rejects.toThrow(/initial: .* has no proposal network/);
  });

  test('a loss that is not finite ends the run', async () => {
    const wild = config('wild', { learningRate: 1e30, checkpointEvery: 1 });
    await expect(run(wild)).rejects.toThrow(
      /Step 3: \w+ is (NaN|Infinity)[\s\S]*last good checkpoint .*step-000002/,
    );
  });

  test('missing files are named, with where they come from', async () => {
    const settings = config('missing');
    settings.data[0] = {
      ...settings.data[0],
      annotations: join(folder, 'nowhere.json'),
      images: join(folder, 'nowhere'),
      origin: 'https://cocodataset.org/#download',
    };
    await expect(run(settings)).rejects.toThrow(
      /There is no .*nowhere.json, and no .*nowhere [\s\S]*come from: https:\/\/cocodataset.org/,
    );
    const odd = config('odd', { imageSize: 60 });
    await expect(run(odd)).rejects.toThrow(/imageSize is 60, .* multiple of .* 8 pixels/);
  });

  test('learns a few boxes by heart', async () => {
    const objects: TinyObject[][] = [
      [
        { name: 'horse', bbox: [8, 10, 30, 40] },
        { name: 'car', bbox: [54, 30, 36, 36] },
      ],
      [{ name: 'kite', bbox: [30, 6, 44, 50] }],
    ];
    const few = join(folder, 'few');
    await writeTinyCoco(few, objects);
    const settings = tinyProposalConfig(few, model, {
      ...{ output: join(folder, 'by-heart'), network: { channels: 24, convolutions: 1 } },
      ...{ jitter: { lowest: 1, highest: 1 }, flip: false },
      ...{ steps: 150, learningRate: 1e-2, warmupSteps: 10, weightDecay: 0 },
    });
    const { checkpoint } = await run(settings);
    const found = await proposalsOf(checkpoint, join(few, 'train2017'));
    objects.forEach((own, picture) => {
      const best = found[picture].slice(0, own.length + 1);
      for (const {
        bbox: [x, y, width, height],
      } of own) {
        const overlaps = best.map(({ box }) => boxIou(box, [x, y, x + width, y + height]));
        expect(Math.max(...overlaps)).toBeGreaterThan(0.7);
      }
    });
  });
});

/** The regions that a folder's network proposes for each picture, in pixels of the picture. */
async function proposalsOf(checkpoint: string, images: string): Promise<GridProposal[][]> {
  const base = await loadModelFolder(checkpoint);
  const { vision } = base.config;
  const sizes = networkConfig(readDetectorSettings(checkpoint).network!, vision);
  const weights = readNetwork(checkpoint, sizes, vision.hiddenSize);
  const network = new NetworkProposer(sizes, weights);
  const tower = new FgClip(base, { taps: sizes.taps });
  const found: GridProposal[][] = [];
  for (const name of readdirSync(images).sort()) {
    const placement = letterbox(pictureSize, { width: 64, height: 64 });
    const pixels = new Float32Array(3 * 64 * 64);
    renderCanvas(await decodeImage(join(images, name)), placement, clipNormalisation, pixels);
    const taps = await tower.taps(ndarray(pixels, [1, 3, 64, 64]));
    const options = { most: 10, nms: 0.7 };
    const [proposals] = await network.propose(taps, [{ rows: 6, columns: 8 }], options);
    found.push(
      proposals.map(({ box, quality }) => {
        const [x1, y1, x2, y2] = box;
        return { box: toPicture([x1 * 8, y1 * 8, x2 * 8, y2 * 8], placement), quality };
      }),
    );
  }
  await Promise.all([network.dispose(), tower.dispose()]);
  return found;
}
