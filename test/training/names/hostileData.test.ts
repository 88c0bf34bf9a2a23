import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import sharp from 'sharp';
import { shippedModel } from '../../../src/modelFamily.js';
import { parseNamesConfig } from '../../../training/names/config.js';
import { decodeNamed } from '../../../training/names/lookAt.js';
import { trainNames } from '../../../training/names/train.js';
import { drawFolders, drawThing, writeCoco } from './drawnThings.js';
import { writeSmallModel } from './smallModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-hostile-names-'));
const at = (...path: string[]) => join(folder, ...path);
const images = at('images');

beforeAll(async () => {
  mkdirSync(images);
  await writeSmallModel(at('model'));
  await drawThing('zorgle', 0, join(images, 'a.jpg'));
  await drawFolders(at('alone'), 1, { zorgle: 'zorgle' });
  await drawFolders(at('wordless'), 1, { zorgle: '---' });
  await drawFolders(at('broken'), 1);
  writeFileSync(at('broken', 'blinth', '1.jpg'), 'not a picture');
  await drawFolders(at('unseen'), 1);
  writeFileSync(at('unseen', 'blinth', '0.jpg'), 'not a picture');
  mkdirSync(at('empty', 'zorgle'), { recursive: true });
  mkdirSync(at('clip'));
  writeFileSync(at('clip', 'config.json'), '{"model_type": "clip"}');
  writeFileSync(at('torn.json'), '{"images": [');
  writeCoco(at('crowd.json'), { iscrowd: 1 });
  writeCoco(at('flat.json'), { bbox: [40, 20, 0, 80] });
  writeCoco(at('outside.json'), { bbox: [500, 500, 20, 20] });
  writeCoco(at('stray.json'), { category_id: 7 });
  writeCoco(at('wordless.json'), {}, 'pot, ');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (changes: object, stream = new PassThrough()) =>
  trainNames(
    parseNamesConfig(
      { stage: 'names', model: at('model'), output: at('run'), views: 1, ...changes },
      'names.json',
    ),
    { stream: stream as unknown as NodeJS.WriteStream },
  );

test.each([
  ['crowd.json', /The data show nothing/],
  ['flat.json', /The data show nothing/],
  ['outside.json', /The data show nothing/],
  ['stray.json', /stray\.json: annotations\[0\] refers to category 7, which is not listed/],
  ['torn.json', /torn\.json/],
  ['wordless.json', /wordless\.json: categories\[0\]: "pot, " is not a name/],
])('annotations that teach nothing: %s', async (file, message) => {
  await expect(run({ data: [{ annotations: at(file), images }] })).rejects.toThrow(message);
});

test.each([
  ['empty', /empty has no folders of pictures/],
  ['wordless', /wordless: "---" is not a name/],
  ['alone', /The data show "zorgle" and nothing else/],
  ['broken', /1 records cannot be read.*"badRecords" allows.*1\.jpg/s],
])('folders that teach nothing: %s', async (name, message) => {
  await expect(run({ data: [{ folders: at(name) }], badRecords: 0 })).rejects.toThrow(message);
});

test('a name whose pictures are all unreadable is told, however many may be', async () => {
  await expect(run({ data: [{ folders: at('unseen') }], badRecords: 1 })).rejects.toThrow(
    'None of the pictures of "blinth" can be read.',
  );
});

test('pictures of another size than their annotations say are told', async () => {
  const annotations = at('size.json');
  const image = { id: 1, file_name: 'a.jpg', width: 161, height: 120 };
  const box = { id: 1, image_id: 1, bbox: [0, 0, 9, 9], area: 81, iscrowd: 0, category_id: 1 };
  const categories = [{ id: 1, name: 'zorgle' }];
  writeFileSync(annotations, JSON.stringify({ images: [image], annotations: [box], categories }));
  const shown = new PassThrough();
  await expect(run({ data: [{ annotations, images }] }, shown)).rejects.toThrow(
    'None of the pictures of "zorgle" can be read.',
  );
  expect(String(shown.read())).toContain(
    'a.jpg has 160 x 120 pixels, and its annotations are for 161 x 120',
  );
});

test.each([
  ['as viewers show it', [120, 160], undefined, [120, 160], 'shown'],
  ['as it is stored', [160, 120], undefined, [160, 120], 'stored'],
  ['as the config says', undefined, 'stored', [160, 120], 'stored'],
  ['as viewers show it, where a folder is its name', undefined, undefined, [120, 160], 'shown'],
] as const)(
  'a picture with an EXIF orientation is taken %s',
  async (_, listed, exif, size, takenAs) => {
    const path = at('turned.jpg');
    await sharp(join(images, 'a.jpg')).withMetadata({ orientation: 6 }).toFile(path);
    const shows = listed
      ? { size: { width: listed[0], height: listed[1] }, boxes: [], neither: [] }
      : { name: 0 };
    const { width, height, ...image } = await decodeNamed({ path, shows, exif });
    expect([width, height]).toEqual(size);
    expect(image.takenAs).toBe(takenAs);
  },
);

test('an FG-CLIP is not taught names', async () => {
  await expect(run({ model: at('clip'), data: [{ folders: at('broken') }] })).rejects.toThrow(
    /model: .*clip is an FG-CLIP/,
  );
});

test('the model that ships is taught where none is named', () => {
  const data = [{ folders: 'things' }];
  expect(parseNamesConfig({ stage: 'names', data }, 'mine.json')).toMatchObject({
    ...{ model: shippedModel, output: join('runs', 'mine'), batch: 256, dropout: 0.3 },
    ...{ labelSmoothing: 0, learningRate: 1e-3, weightDecay: 0.05, background: 10 },
  });
});
