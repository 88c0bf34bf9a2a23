import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { EncodeEachOptions } from '../../../detectors/detectOptions.js';
import type { Detection } from '../../../detectors/detector.js';
import type { EncodedImage } from '../../../detectors/encodedImage.js';
import { decoded } from '../../../detectors/preparedPicture.js';
import { measureAveragePrecision } from '../../../eval/detection/averagePrecision.js';
import { type ExifChoice, OrientationCounts } from '../../../src/images/orientation.js';
import type { RgbImage } from '../../../src/images/rgbImage.js';
import { dataset, picture } from './dataset.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-turned-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [width, height] = [60, 40];
const cat: [number, number, number, number] = [6, 4, 26, 20];

/** Finds one cat: where a picture is bright. */
const brightIsCat = {
  async *encodeEach(files: Iterable<unknown> | AsyncIterable<unknown>, options: EncodeEachOptions) {
    let index = 0;
    for await (const file of files) {
      const annotated = options.annotated?.(index++);
      yield (await decoded(file as string, { annotated })) as unknown as EncodedImage;
    }
  },
  async detect(image: unknown): Promise<Detection[]> {
    const { width, height, data } = image as RgbImage;
    const places = Array.from({ length: width * height }, (_, i) => i).filter(
      (i) => data[3 * i] > 99,
    );
    const columns = places.map((i) => i % width);
    const rows = places.map((i) => Math.floor(i / width));
    const [xmin, ymin] = [Math.min(...columns), Math.min(...rows)];
    const [xmax, ymax] = [Math.max(...columns) + 1, Math.max(...rows) + 1];
    return [{ label: 'cat', score: 1, box: { xmin, ymin, xmax, ymax } }];
  },
};

/** The picture of the cat, its pixels stored in another order: viewers show it as it was. */
async function writeStored(orientation: number): Promise<string> {
  const [x, y, right, bottom] = cat;
  const bright = {
    width: right - x,
    height: bottom - y,
    channels: 3,
    background: 'white',
  } as const;
  const plain = sharp({ create: { width, height, channels: 3, background: 'black' } })
    .composite([{ input: { create: bright }, left: x, top: y }])
    .png();
  // 6 and 8 undo each other; the others undo themselves.
  const inverse = { 6: 8, 8: 6 }[orientation] ?? orientation;
  const tagged = await sharp(await plain.toBuffer())
    .withMetadata({ orientation: inverse })
    .toBuffer();
  const stored = await sharp(tagged).autoOrient().toBuffer();
  const file = `${orientation}.png`;
  await sharp(stored).withMetadata({ orientation }).toFile(join(folder, file));
  return file;
}

const orientations = [1, 2, 3, 4, 5, 6, 7, 8];

async function scored(listed: { width?: number; height?: number }, exif?: ExifChoice) {
  const images = await Promise.all(
    orientations.map(async (id) => ({
      ...picture(id, [[cat, 0]]),
      ...{ file: await writeStored(id), width: listed.width, height: listed.height },
    })),
  );
  const counts = new OrientationCounts();
  const { measures } = (await measureAveragePrecision(
    brightIsCat as never,
    dataset(['cat'], images),
    folder,
    { protocol: { name: 'coco' }, exif, orientations: counts },
  ))!;
  return { AP: measures.AP, shown: counts.shown.size, stored: counts.stored.size };
}

test('annotations of pictures as shown have the same AP however the pixels are stored', async () => {
  expect(await scored({ width, height })).toEqual({ AP: 1, shown: 7, stored: 0 });
  expect(await scored({})).toEqual({ AP: 1, shown: 7, stored: 0 });
});

test('stored pixels are taken where only they fit, and where they are asked for', async () => {
  // Of the four whose sides are swapped, the pixels as stored fit, and the cat lies elsewhere.
  const turned = await scored({ width: height, height: width });
  expect(turned).toMatchObject({ shown: 3, stored: 4 });
  expect(turned.AP).toBeLessThan(0.8);
  expect(await scored({ width, height }, 'stored')).toMatchObject({ shown: 0, stored: 7 });
});
