import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { letterbox } from '../../../detectors/letterbox.js';
import { loadModelFolder } from '../../../src/fgclip/modelFolder.js';
import { clipNormalisation } from '../../../src/images/preprocess.js';
import { ndarray } from '../../../src/jit/ndarray.js';
import { featureFile, roundedToHalf } from '../../../training/keptFeatures.js';
import {
  type BoxBatch,
  BoxBatchBuilder,
  type BoxBatchSource,
} from '../../../training/proposals/batches.js';
import { batchTaps } from '../../../training/proposals/batchTaps.js';
import { openBoxTable } from '../../../training/proposals/boxTable.js';
import { featureRoom } from '../../../training/proposals/featureRoom.js';
import {
  bytesOfPicture,
  openFeatureStore,
  readTaps,
  type TowerRun,
  writeTaps,
} from '../../../training/proposals/featureStore.js';
import { writeTinyModel } from '../../app/cli/tinyModel.js';
import { writeTinyBoxes } from './tinyBoxes.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-store-'));
let model: string;
beforeAll(async () => {
  model = await writeTinyModel();
  const box = { category_id: 1, bbox: [12, 8, 24, 16] as [number, number, number, number] };
  await writeTinyBoxes(folder, [[box], [box], [box], [box]]);
});
afterAll(() => {
  for (const path of [folder, model]) rmSync(path, { recursive: true });
});

const run: TowerRun = {
  taps: [1, 1],
  imageSize: 32,
  normalisation: clipNormalisation,
  device: 'cpu',
};
const grid = { rows: 4, columns: 4 };
const base = async () => {
  const { config, parameters } = await loadModelFolder(model);
  return { vision: config.vision, parameters };
};
const open = async (changes: Partial<TowerRun> = {}, name = 'features') =>
  openFeatureStore(join(folder, name), await base(), { ...run, ...changes });
const picture = () => join(folder, 'images/0.png');
const placement = letterbox({ width: 48, height: 32 }, { width: 32, height: 32 });
const noise = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => 3 * Math.sin(seed + 1.7 * i));

describe('openFeatureStore', () => {
  test('belongs to the weights and to how they are used', async () => {
    const store = await open();
    expect(store).toMatchObject({ taps: 2, width: 32 });
    expect(bytesOfPicture(store, grid)).toBe(2 * 2 * 4 * 4 * 32);
    expect(await open()).toEqual(store);
    const { vision, parameters } = await base();
    const name = 'vision_model.embeddings.class_embedding';
    const changed = new Map(parameters).set(name, ndarray(new Float32Array(32), [32]));
    const others = [
      await open({ taps: [1, 2] }),
      await open({ imageSize: 40 }),
      await open({ device: 'webgpu' }),
      await open({ normalisation: { ...clipNormalisation, mean: [0, 0, 0] } }),
      openFeatureStore(join(folder, 'features'), { vision, parameters: changed }, run),
    ];
    expect(new Set([store, ...others].map((own) => own.folder)).size).toBe(6);
  });
});

describe('files of a store', () => {
  test('are of one picture, its content and the way it is shown', async () => {
    const store = await open();
    const file = await featureFile(store, picture(), placement);
    expect(await featureFile(store, picture(), placement)).toBe(file);
    expect(await featureFile(store, picture(), { ...placement, flip: true })).not.toBe(file);
    expect(await featureFile(store, join(folder, 'images/1.png'), placement)).not.toBe(file);
    const { atime, mtimeMs } = statSync(picture());
    utimesSync(picture(), atime, new Date(mtimeMs + 5000));
    expect(await featureFile(store, picture(), placement)).not.toBe(file);
    await expect(featureFile(store, join(folder, 'none.png'), placement)).rejects.toThrow(
      /none.png: there is no such file/,
    );
  });

  test('give back what was written, rounded; damaged ones nothing', async () => {
    const store = await open();
    const file = join(store.folder, 'a.safetensors');
    expect(readTaps(store, file, grid)).toBeNull();
    const taps = [noise(512, 0), noise(512, 1)].map(roundedToHalf);
    await writeTaps(store, file, taps, grid);
    expect(readTaps(store, file, grid)).toEqual(taps);
    expect(statSync(file).size).toBeLessThan(bytesOfPicture(store, grid) + 300);
    expect(readTaps({ ...store, taps: 3 }, file, grid)).toBeNull();
    expect(readTaps(store, file, { rows: 5, columns: 5 })).toBeNull();
    writeFileSync(file, 'cut off');
    expect(readTaps(store, file, grid)).toBeNull();
    await expect(writeTaps(store, join(file, 'b'), taps, grid)).rejects.toThrow(
      /cannot be kept in .*Make room/,
    );
  });

  test('values beyond float16 become its largest', () => {
    const rounded = roundedToHalf(Float32Array.of(1e6, -7e4, 0.1, 1 + 2 ** -12));
    expect([...rounded]).toEqual([65504, -65504, 1638 / 16384, 1]);
  });
});

describe('batches with a store', () => {
  const source = async (name: string): Promise<BoxBatchSource> => {
    const data = { annotations: join(folder, 'annotations.json'), images: join(folder, 'images') };
    const augmentation = { jitter: { lowest: 0.5, highest: 2 }, flip: true, keepsBoxes: 0.4 };
    return {
      config: {
        batch: 2,
        microBatch: 2,
        rank: 0,
        ranks: 1,
        shuffleBuffer: 100,
        imageSize: 32,
        seed: 1,
        ...augmentation,
      },
      table: openBoxTable([{ ...data, weight: 1 }]),
      ...{ normalisation: clipNormalisation, patchSize: 8 },
      store: await open({}, name),
    };
  };

  test('ask the tower once for each picture, always shown alike', async () => {
    const from = await source('once');
    const builder = new BoxBatchBuilder(from);
    let asked = 0;
    const tower = {
      async taps({ pixels }: BoxBatch) {
        asked++;
        const sums = Float32Array.from(pixels.data.subarray(0, 2 * 512));
        return [ndarray(sums, [2, 4, 4, 32]), ndarray(noise(2 * 512, asked), [2, 4, 4, 32])];
      },
    };
    const epoch = async (number: number) => {
      const seen = new Map<string, Float32Array[]>();
      for (const index of [2 * number, 2 * number + 1]) {
        const batch = await builder.build(index);
        const taps = await batchTaps(tower, batch, from.store);
        expect(taps.map(({ shape }) => shape)).toEqual([
          [2, 4, 4, 32],
          [2, 4, 4, 32],
        ]);
        for (let i = 0; i < 2; i++) {
          const key = String(
            batch.boxes.subarray(4 * batch.firstBox[i], 4 * batch.firstBox[i] + 4),
          );
          const own = taps.map(({ data }) => data.slice(512 * i, 512 * (i + 1)) as Float32Array);
          seen.set(key, own);
        }
      }
      return seen;
    };
    expect(await featureRoom(from.store!, from)).toMatch(/4 pictures .*: 0 pictures are there/);
    const first = await epoch(0);
    expect(first.size).toBe(4);
    expect(asked).toBe(2);
    expect(await featureRoom(from.store!, from)).toMatch(/: 4 pictures are there/);
    for (const number of [1, 2]) expect(await epoch(number)).toEqual(first);
    expect(asked).toBe(2);
  });

  test('a disk without room is told before the start', async () => {
    const from = await source('full');
    const vast = { ...from.store!, width: 1e12 };
    await expect(featureRoom(vast, from)).rejects.toThrow(/are free\. Give "keepFeatures"/);
  });
});
