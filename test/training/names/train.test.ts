import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { loadDetector } from '../../../detectors/loadDetector.js';
import { openPhotosFolder } from '../../../src/photos/modelFolder.js';
import { parseNamesConfig, readNamesConfig } from '../../../training/names/config.js';
import { type TrainNamesOptions, trainNames } from '../../../training/names/train.js';
import { drawFolders, drawThing, writeCoco } from './drawnThings.js';
import { writeSmallModel } from './smallModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-names-'));
const model = join(folder, 'model');
const folders = join(folder, 'things');
const coco = join(folder, 'coco.json');
const images = join(folder, 'images');

beforeAll(async () => {
  mkdirSync(images);
  await writeSmallModel(model);
  await drawFolders(folders, 4);
  await drawThing('zorgle', 5, join(images, 'a.jpg'));
  writeCoco(coco);
});
afterAll(() => rmSync(folder, { recursive: true }));

const config = (name: string, changes: object = {}) =>
  parseNamesConfig(
    {
      ...{ stage: 'names', model, data: [{ folders }, { annotations: coco, images }] },
      ...{ batch: 16, steps: 8, views: 2, background: 3, checkpointEvery: 4 },
      ...{ output: join(folder, name), keepFeatures: join(folder, 'features'), ...changes },
    },
    'names.json',
  );

const silent = () => new PassThrough() as unknown as NodeJS.WriteStream;
const run = (settings: ReturnType<typeof config>, options: TrainNamesOptions = {}) =>
  trainNames(settings, { stream: silent(), ...options });
const digest = (checkpoint: string) =>
  ['model', 'optimizer'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(checkpoint, `${name}.safetensors`)))
      .digest('hex'),
  );

/** Stops a run after this step. */
function stopAfter(step: number): TrainNamesOptions {
  const stop = new AbortController();
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  stream.isTTY = true;
  stream.columns = 200;
  stream.on('data', (line) => {
    if (String(line).includes(`step ${step}/`)) stop.abort();
  });
  return { stream, signal: stop.signal };
}

describe('trainNames', () => {
  test('names are learnt, the folder detects them, and a stopped run ends with the same bits', async () => {
    const whole = await run(config('whole'));
    expect(whole).toMatchObject({ step: 8, interrupted: false });
    const { names, config: sizes, parameters } = openPhotosFolder(whole.checkpoint);
    const before = openPhotosFolder(model);
    expect(names.classes.slice(before.names.classes.length)).toEqual(['blinth', 'zorgle']);
    expect(sizes.crops.extraClasses).toBe(before.config.crops.extraClasses + 2);
    // What was not trained is as it was.
    for (const name of ['boxes.stem.weight', 'crops.classifier.weight', 'anchors.mean']) {
      // jest compares long arrays slowly.
      const [now, then] = [parameters, before.parameters].map((all) => all.get(name)!.bytes);
      expect({ name, same: Buffer.compare(now, then) === 0 }).toEqual({ name, same: true });
    }

    const stopped = await run(config('again'), stopAfter(5));
    expect(stopped.interrupted).toBe(true);
    const { checkpoint } = await run(config('again'), { start: 'resume' });
    expect(digest(checkpoint)).toEqual(digest(whole.checkpoint));

    const longer = await run(config('longer', { steps: 60, checkpointEvery: 60 }));
    const learnt = await loadDetector(longer.checkpoint);
    const taught = await learnt.boxClassifier(['zorgle', 'blinth', 'person', 'clock']);
    const { prepared } = await import('../../../detectors/preparedPicture.js');
    const { decodeImage } = await import('../../../src/images/decode.js');
    const image = await decodeImage(join(images, 'a.jpg'));
    const fits = await taught.classify(prepared(image, taught.sight()), [[0, 0, 160, 120]]);
    await learnt.dispose();
    expect(fits.indexOf(Math.max(...fits))).toBe(0);
  });
});

test.each([
  [{ data: [] }, /data/],
  [
    { data: [{ folders: 'x', annotations: 'y' }] },
    /either "annotations" and "images", or "folders"/,
  ],
  [{ dropout: 2 }, /dropout/],
  [{ what: 1 }, /what/],
])('a bad config names its field: %j', (changes, message) => {
  expect(() => config('bad', changes)).toThrow(message);
});

test('a config of the shipped names is read', () => {
  const { data } = readNamesConfig('configs/training/photos-names.json');
  expect(data).toEqual([
    { annotations: 'data/photos-extra/train.json', images: 'data/photos-extra/train' },
  ]);
});

test.each([
  [{ data: [{ folders: join(folder, 'none') }] }, /There is no folder/],
  [{ data: [{ annotations: join(folder, 'none.json'), images }] }, /There is no .*none\.json/],
  [{ model: join(folder, 'nowhere') }, /nowhere/],
])('data and models that are not there are named', async (changes, message) => {
  await expect(run(config('missing', changes))).rejects.toThrow(message);
});
