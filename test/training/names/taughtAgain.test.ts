import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { featureWidth } from '../../../src/photos/cropArchitecture.js';
import { openPhotosFolder } from '../../../src/photos/modelFolder.js';
import { parseNamesConfig } from '../../../training/names/config.js';
import { trainNames } from '../../../training/names/train.js';
import { drawFolders, drawThing, writeCoco } from './drawnThings.js';
import { writeSmallModel } from './smallModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-names-again-'));
const at = (...path: string[]) => join(folder, ...path);
afterAll(() => rmSync(folder, { recursive: true }));

const teach = (model: string, output: string, data: object[]) =>
  trainNames(
    parseNamesConfig(
      {
        ...{ stage: 'names', model, data, output: at(output), keepFeatures: at('features') },
        ...{ batch: 8, steps: 4, views: 1, background: 2 },
      },
      'names.json',
    ),
    { stream: new PassThrough() as unknown as NodeJS.WriteStream },
  );

/** The rows of added classes of a folder, and of their anchors, by name. */
function added(model: string) {
  const { config, names, parameters } = openPhotosFolder(model);
  const { boxes, crops, text } = config;
  const row = (tensor: string, index: number, width: number) =>
    Array.from(parameters.get(tensor)!.data.slice(index * width, (index + 1) * width));
  const all = names.classes.slice(crops.classes).map((name, i) => ({
    ...{ name, weight: row('names.weight', i, featureWidth), bias: row('names.bias', i, 1) },
    anchor: row('anchors.vectors', boxes.classes + crops.classes + i, text.hiddenSize),
  }));
  return { all, mean: Array.from(parameters.get('names.mean')!.data) };
}

test('a model that was taught keeps its names, and learns anew those that are taught again', async () => {
  await writeSmallModel(at('model'));
  await drawFolders(at('things'), 2);
  mkdirSync(at('images'));
  await drawThing('zorgle', 5, at('images', 'a.jpg'));
  writeCoco(at('coco.json'), {}, 'Zorgle');
  const { checkpoint: first } = await teach(at('model'), 'first', [{ folders: at('things') }]);
  const before = added(first);
  expect(before.all.map(({ name }) => name)).toEqual(['blinth', 'zorgle']);

  const coco = { annotations: at('coco.json'), images: at('images') };
  await drawFolders(at('more'), 2, { blinth: 'red_quib' });
  const { checkpoint } = await teach(first, 'second', [coco, { folders: at('more') }]);
  const after = added(checkpoint);
  expect(after.all.map(({ name }) => name)).toEqual(['blinth', 'Zorgle', 'red quib']);
  expect(after.all[0]).toEqual(before.all[0]);
  expect(after.mean).toEqual(before.mean);
  expect(after.all[1].weight).not.toEqual(before.all[1].weight);

  // What was seen is kept: the same data again are not looked at.
  const seen = () => readdirSync(at('features'), { recursive: true }).sort();
  const kept = seen();
  await teach(first, 'third', [coco, { folders: at('more') }]);
  expect(seen()).toEqual(kept);
});
