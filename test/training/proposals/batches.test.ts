import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { clipNormalisation } from '../../../src/images/preprocess.js';
import { BatchLoader } from '../../../training/loader.js';
import {
  type BoxBatch,
  BoxBatchBuilder,
  type BoxBatchConfig,
  type BoxBatchSource,
  boxBatchScript,
} from '../../../training/proposals/batches.js';
import { openBoxTable } from '../../../training/proposals/boxTable.js';
import { writeTinyBoxes } from './tinyBoxes.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-box-batches-'));
afterAll(() => rmSync(folder, { recursive: true }));

const box = { category_id: 1, bbox: [12, 8, 24, 16] as [number, number, number, number] };
beforeAll(() =>
  writeTinyBoxes(
    folder,
    Array.from({ length: 9 }, (_, i) =>
      i % 2 ? [box] : [box, { ...box, iscrowd: 1 }, { ...box, bbox: [0, 0, 0, 5] }],
    ),
  ),
);

const still = { jitter: { lowest: 1, highest: 1 }, flip: false };
const jittered = { jitter: { lowest: 0.5, highest: 2 }, flip: true };

function source(changes: Partial<BoxBatchConfig> = {}, from = folder): BoxBatchSource {
  const config = {
    batch: 4,
    microBatch: changes.batch ?? 4,
    rank: 0,
    ranks: 1,
    shuffleBuffer: 100,
    imageSize: 32,
    seed: 1,
    keepsBoxes: 0.4,
    ...jittered,
  };
  const data = { annotations: join(from, 'annotations.json'), images: join(from, 'images') };
  const table = openBoxTable([{ ...data, weight: 1 }]);
  const normalisation = clipNormalisation;
  return { config: { ...config, ...changes }, table, normalisation, patchSize: 8 };
}

describe('BoxBatchBuilder', () => {
  test('a batch has pixels and the boxes of every picture', async () => {
    const batch = await new BoxBatchBuilder(source({ ...still, batch: 9 })).build(0);
    const { pixels, boxes, ignore, firstBox, bad, droppedBoxes } = batch;
    expect(pixels.shape).toEqual([9, 3, 32, 32]);
    expect(firstBox).toHaveLength(10);
    expect(firstBox[0]).toBe(0);
    expect(firstBox[9]).toBe(14);
    expect(bad).toEqual([]);
    expect(droppedBoxes).toBe(5);
    // The picture fills 32 x 21 pixels of the canvas.
    const shown = new Float32Array([8, (8 * 21) / 32, 24, (24 * 21) / 32]);
    for (let i = 0; i < 14; i++) expect(boxes.subarray(4 * i, 4 * i + 4)).toEqual(shown);
    for (let i = 0; i < 9; i++) {
      const own = [...ignore.subarray(firstBox[i], firstBox[i + 1])];
      expect(own.length === 1 ? [[0]] : [[0, 1]]).toContainEqual(own);
      const channel = pixels.data.subarray(3 * 1024 * i, 3 * 1024 * i + 1024);
      expect(channel.subarray(21 * 32).every((value) => value === 0)).toBe(true);
      expect(channel[20 * 32 + 31]).not.toBe(0);
    }
  });

  test('is a function of its number, and micro-batches share a step', async () => {
    const whole = new BoxBatchBuilder(source({ batch: 4 }));
    const [first, second] = [await whole.build(0), await whole.build(1)];
    expect(await new BoxBatchBuilder(source({ batch: 4 })).build(1)).toEqual(second);
    expect(first.pixels.data).not.toEqual(second.pixels.data);

    const still4 = await new BoxBatchBuilder(source({ ...still, batch: 4 })).build(1);
    const halves = new BoxBatchBuilder(source({ ...still, microBatch: 2 }));
    const pixels = [await halves.build(2), await halves.build(3)].flatMap(({ pixels }) => [
      ...pixels.data,
    ]);
    expect(pixels).toEqual([...still4.pixels.data]);
  });

  test('pictures are taken the way round that their annotations fit, and it is told', async () => {
    const turned = join(folder, 'turned');
    await writeTinyBoxes(turned, [[box], [box], [box]]);
    const path = (name: string) => join(turned, 'images', name);
    // Half red, half blue, as viewers show it; and the same pixels with an orientation that does not fit.
    const half = sharp({ create: { width: 24, height: 32, channels: 3, background: 'blue' } });
    const image = sharp({ create: { width: 48, height: 32, channels: 3, background: 'red' } })
      .composite([{ input: await half.png().toBuffer(), left: 24, top: 0 }])
      .png();
    await image.clone().toFile(path('0.png'));
    const plain = await image.toBuffer();
    const stored = await sharp(plain).rotate(270).png().toBuffer();
    await sharp(stored).withMetadata({ orientation: 6 }).toFile(path('1.png'));
    await sharp(plain).withMetadata({ orientation: 6 }).toFile(path('2.png'));
    const { pixels, bad, oriented } = await new BoxBatchBuilder(
      source({ ...still, batch: 3 }, turned),
    ).build(0);
    expect(bad).toEqual([]);
    expect(oriented.toSorted((a, b) => a.record - b.record)).toEqual([
      { record: 1, takenAs: 'shown' },
      { record: 2, takenAs: 'stored' },
    ]);
    const size = 3 * 32 * 32;
    for (const i of [1, 2]) {
      const own = pixels.data.subarray(i * size, (i + 1) * size);
      expect(own).toEqual(pixels.data.subarray(0, size));
    }
  });

  test('pictures that cannot be read are replaced and named', async () => {
    const broken = join(folder, 'broken');
    await writeTinyBoxes(broken, [[box], [box], [box]]);
    writeFileSync(join(broken, 'images', '0.png'), 'no picture');
    const other = sharp({ create: { width: 32, height: 48, channels: 3, background: 'red' } });
    await other.png().toFile(join(broken, 'images', '1.png'));
    const batch = await new BoxBatchBuilder(source({ ...still, batch: 3 }, broken)).build(0);
    expect(batch.firstBox).toEqual(Uint32Array.of(0, 1, 2, 3));
    const reasons = new Map(batch.bad.map(({ record, reason }) => [record, reason]));
    expect(reasons.get(0)).toMatch(/0\.png: it is not a picture/);
    expect(reasons.get(1)).toMatch(/1\.png has 32 x 48 pixels, .* for 48 x 32/);
    expect(reasons.size).toBe(2);
    const size = 3 * 32 * 32;
    expect(batch.pixels.data.subarray(0, size)).toEqual(batch.pixels.data.subarray(size, 2 * size));

    writeFileSync(join(broken, 'images', '2.png'), '');
    await expect(new BoxBatchBuilder(source({ batch: 3 }, broken)).build(0)).rejects.toThrow(
      /3 records in a row cannot be read/,
    );
  });
});

test.each([0, 2])('%d threads prepare the same batches, in order', async (count) => {
  const expected = new BoxBatchBuilder(source());
  const here = (given: BoxBatchSource) => new BoxBatchBuilder(given);
  const loader = new BatchLoader<BoxBatchSource, BoxBatch>(
    { script: boxBatchScript, source: source(), count, here },
    { start: 1, end: 5, batches: 1, times: 1 },
  );
  try {
    for (let index = 1; index < 5; index++) {
      expect(await loader.next()).toEqual(await expected.build(index));
    }
  } finally {
    await loader.close();
  }
});
