import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { tinyObjects, tinyRunFields, writeTinyCoco } from '../../training/proposals/tinyCoco.js';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-train-detector-'));
const coco = join(folder, 'coco');
let model: string;
let runs = 0;

beforeAll(async () => {
  model = await writeTinyModel({ contrastVocabulary: ['dog'], threshold: 0 });
  await writeTinyCoco(coco, tinyObjects(7));
});
afterAll(() => {
  for (const path of [folder, model]) rmSync(path, { recursive: true, force: true });
});

/** The config for OV-COCO, but for its sizes, and for the folders of this test. */
function configFile(changes: Record<string, unknown> = {}) {
  const shipped = readFileSync(join(packageRoot, 'configs/training/ov-coco-base.json'), 'utf8');
  const output = join(folder, `run-${runs++}`);
  const sizes = { steps: 3, epochs: undefined, device: 'cpu', batch: 4, microBatch: 2 };
  const config = { ...JSON.parse(shipped), ...tinyRunFields(coco, model), ...sizes, output };
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...config, ...changes }));
  return { file, output };
}

/** Where the data are, with changes. */
function data(changes: Record<string, string>) {
  const [source] = tinyRunFields(coco, model).data as object[];
  return { data: [{ ...source, ...changes }] };
}

test('two commands lead from a folder in the layout of COCO to detections', async () => {
  const { file, output } = configFile();
  const { status, stdout, stderr } = runFgdet(['train', file, '--json']);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stderr).toMatch(/7 records, 1 steps an epoch/);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ step: 3, steps: 3, interrupted: false, badRecords: 0 });
  expect(Object.keys(result.losses).sort()).toEqual(['box', 'centreness', 'overlap', 'total']);
  const picture = join(coco, 'train2017/000000000139.jpg');
  const words = ['detect', picture, '--model', output, '--prompt', 'a cat', '--json'];
  const detected = await callFgdet(words);
  expect(detected).toMatchObject({ status: 0 });
  expect(JSON.stringify(JSON.parse(detected.stdout))).toMatch(/"xmin"/);
});

describe('says in a line what is wrong with', () => {
  const fails = async (changes: Record<string, unknown>, message: RegExp) => {
    const { status, stdout, stderr } = await callFgdet(['train', configFile(changes).file]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  };

  test('files that are missing', async () => {
    const origin = 'https://cocodataset.org/#download';
    const nowhere = join(folder, 'nowhere.json');
    await fails(
      data({ annotations: nowhere, origin }),
      /There is no .*nowhere\.json .*come from: https:\/\/cocodataset/,
    );
  });

  test('a category of the split that the data do not have', async () => {
    const split = join(folder, 'split.json');
    writeFileSync(split, '["person", "unicorn"]');
    await fails(data({ categories: split }), /instances_train2017\.json has no category "unicorn"/);
    await fails(
      data({ categories: 'not-rare' }),
      /does not say how frequent "person" is, as LVIS does/,
    );
  });

  test('pictures that are missing', async () => {
    const gaps = join(folder, 'gaps');
    await writeTinyCoco(gaps, tinyObjects(7));
    for (const id of [139, 285, 431]) rmSync(join(gaps, `train2017/000000000${id}.jpg`));
    await fails(
      data({ images: join(gaps, 'train2017') }),
      /\d records cannot be read, .*000000000\d+\.jpg: there is no such file/,
    );
  });

  test('sizes that the model does not have', async () => {
    await fails(
      { imageSize: 60 },
      /imageSize is 60, .* not a multiple of the model's patches of 8/,
    );
    await fails({ network: { taps: [1, 1, 1, 2] } }, /network\.taps: 2 is too deep; .* 2 blocks/);
    await fails({ network: { chanels: 8 }, batch: 0 }, /network\.chanels: there is no such field/);
  });
});
