import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type {
  DetectedImage,
  Detection,
  DetectOptions,
  Detector,
} from '../../detectors/detector.js';
import { FgClipPatches } from '../../detectors/fgclipPatches.js';
import { loadDetector } from '../../detectors/loadDetector.js';
import { PictureReader } from '../../detectors/pictureReader.js';
import type { PreparedPicture, Sight } from '../../detectors/preparedPicture.js';
import { UserError } from '../../src/errors.js';
import { decodeImage } from '../../src/images/decode.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { createRandom } from '../../src/random.js';
import { writeTinyModel } from '../app/cli/tinyModel.js';

let folder: string;
/** Files of several sizes; the first two fit the model's canvas without being resized. */
let files: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-reader-'));
  process.env.XDG_CACHE_HOME = folder;
  const sizes = [
    [32, 32],
    [32, 32],
    [150, 90],
    [61, 200],
    [7, 3],
  ];
  files = await Promise.all(
    sizes.map(async ([width, height], i) => {
      const file = join(folder, `${i}.png`);
      const { data } = noise(width, height, i);
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(file);
      return file;
    }),
  );
});

function noise(width: number, height: number, seed: number): RgbImage {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: 3 * width * height }, () => random.integer(256));
  return { width, height, data };
}

describe('reading', () => {
  const sight: Sight = { imageSize: 32, patchSize: 8, scales: [1, 2], keepsImage: true };
  const opened: PictureReader[] = [];
  const open = () => {
    const reader = new PictureReader(2);
    opened.push(reader);
    return reader;
  };
  afterAll(() => Promise.all(opened.map((reader) => reader.close())));

  const plain = ({ parts, ...rest }: PreparedPicture) => ({ ...rest, parts: [...parts] });

  test('threads give the very pixels that the calling thread gives', async () => {
    const turned = await sharp(files[2]).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const sources = [...files, noise(40, 50, 9), turned];
    for (const wanted of [sight, { ...sight, tiles: { size: 32 } }]) {
      const reader = open();
      await reader.read(files[0], wanted);
      const aside = await Promise.all(sources.map((source) => reader.read(source, wanted)));
      for (const [i, source] of sources.entries()) {
        expect(plain(aside[i])).toEqual(plain(await open().read(source, wanted)));
      }
      expect([aside.at(-1)!.width, aside.at(-1)!.height]).toEqual([90, 150]);
    }
    // What was given is still there.
    expect((await decodeImage(turned)).width).toBe(90);
  });

  test('the picture itself is left out unless it is kept', async () => {
    const reader = open();
    for (const file of files) {
      const picture = await reader.read(file, { ...sight, keepsImage: false });
      expect(picture.image).toBeUndefined();
      for (const { views } of picture.parts) expect(views).toHaveLength(2);
    }
  });

  test('what cannot be read is named, on threads too', async () => {
    const reader = open();
    await reader.read(files[0], sight);
    const bad = reader.read(Buffer.from('x'), sight, { name: 'page 7' });
    await expect(bad).rejects.toBeInstanceOf(UserError);
    await expect(bad).rejects.toThrow(/^page 7: it is not a picture/);
    await expect(reader.read('/no/such.jpg', sight)).rejects.toThrow(/such.jpg: there is no/);
  });
});

describe('detecting in one picture after the other', () => {
  let detector: Detector;
  beforeAll(async () => {
    const model = await writeTinyModel({ contrastVocabulary: ['dog', 'cat', 'tree', 'sky'] });
    detector = await loadDetector(model);
  });
  afterAll(() => detector.dispose());
  const prompts = ['red cat', 'animal|beast'];

  async function all(found: AsyncIterable<DetectedImage>): Promise<Detection[][]> {
    const collected: Detection[][] = [];
    for await (const { detections } of found) collected.push(detections);
    return collected;
  }

  test.each<DetectOptions>([{}, { tiles: { size: 48 } }])(
    'finds what it finds in each alone, to the bit',
    async (more) => {
      const options = { threshold: 0.01, ...more };
      const expected: Detection[][] = [];
      for (const file of files) expected.push(await detector.detect(file, prompts, options));
      expect(expected.flat().length).toBeGreaterThan(files.length);
      expect(await all(detector.detectEach(files, prompts, options))).toEqual(expected);
    },
  );

  test('a bad picture fails in its turn', async () => {
    const each = detector.detectEach([files[0], files[1], '/no/such.jpg', files[2]], prompts);
    await each.next();
    await each.next();
    await expect(each.next()).rejects.toThrow(/such.jpg: there is no such file/);
    expect((await each.next()).done).toBe(true);
  });

  test('or is passed over where somebody takes it, and progress is told', async () => {
    const sources = [files[0], '/no/such.jpg', files[1]];
    const failures: unknown[] = [];
    const progress: object[] = [];
    const found: object[] = [];
    const each = detector.detectEach(sources, prompts, {
      onFailure: ({ index, source, error }) => failures.push([index, source, error.message]),
      onProgress: (told) => progress.push(told),
    });
    for await (const { index, source, width } of each) found.push({ index, source, width });
    expect(found).toEqual([
      { index: 0, source: files[0], width: expect.any(Number) },
      { index: 2, source: files[1], width: expect.any(Number) },
    ]);
    expect(failures).toEqual([[1, '/no/such.jpg', '/no/such.jpg: there is no such file.']]);
    expect(progress).toEqual([
      { done: 1, failed: 0 },
      { done: 2, failed: 1 },
      { done: 3, failed: 1 },
    ]);
  });

  test('a signal ends it before the next picture', async () => {
    const stop = new AbortController();
    const each = detector.detectEach(files, prompts, { signal: stop.signal });
    await each.next();
    stop.abort(new Error('enough'));
    await expect(each.next()).rejects.toThrow('enough');
    expect((await each.next()).done).toBe(true);
  });

  test('pictures asked for at the same time are encoded together, with the same result', async () => {
    const views = jest.spyOn(FgClipPatches.prototype, 'views');
    const folder = await writeTinyModel({ contrastVocabulary: ['dog', 'cat', 'tree', 'sky'] });
    const batched = await loadDetector(folder, { batch: 4 });
    const sources = [files[0], files[0], files[0], files[0], files[1]];
    const options = { threshold: 0.01 };
    const together = await Promise.all(sources.map((one) => batched.detect(one, prompts, options)));
    expect(new Set(views.mock.calls.map(([shown]) => shown.length))).toEqual(new Set([1, 4]));
    views.mockRestore();
    for (const [i, source] of sources.entries()) {
      const alone = await detector.detect(source, prompts, options);
      expect(together[i]).toHaveLength(alone.length);
      alone.forEach(({ label, score, box }, k) => {
        expect(together[i][k].label).toBe(label);
        expect(together[i][k].score).toBeCloseTo(score, 5);
        expect(together[i][k].box.xmin).toBeCloseTo(box.xmin, 3);
      });
    }
    await batched.dispose();
  });

  test('stopping early ends the threads', async () => {
    const close = jest.spyOn(PictureReader.prototype, 'close');
    for await (const _ of detector.detectEach([...files, ...files], prompts)) break;
    expect(close).toHaveBeenCalledTimes(1);
    await expect(close.mock.results[0].value).resolves.toBeUndefined();
    close.mockRestore();
  });
});
