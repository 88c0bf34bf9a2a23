import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { teachNames } from '../../../app/prelabel/teachNames.js';
import { resolveModelFolder } from '../../../src/checkpoints/resolveFolder.js';
import { drawnSize, drawThing } from '../../training/names/drawnThings.js';
import { writeSmallModel } from '../../training/names/smallModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-teach-'));
const images = join(folder, 'photos');
const beside = join(folder, 'labels.prelabel');
const model = join(folder, 'model');
beforeAll(async () => {
  await writeSmallModel(model);
  mkdirSync(images);
  await drawThing('zorgle', 1, join(images, 'a.jpg'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stream = new PassThrough() as unknown as NodeJS.WriteStream;
const picture = { file: 'a.jpg', ...drawnSize };
const shown = { ...picture, boxes: [{ label: 'Z-1', box: [40, 20, 120, 100] as const }] };

test('pictures that were gone through teach their labels, by the words they are looked for with', async () => {
  const labels = [{ name: 'Z-1', phrasings: ['a zorgle', 'the golden ring'] }];
  const options = { model, images, folder: beside, stream };
  const taught = await teachNames([shown], labels, options);
  const names = join(await resolveModelFolder(taught!), 'names.json');
  expect(JSON.parse(readFileSync(names, 'utf8')).classes.at(-1)).toBe('zorgle, golden ring');
  // Again, with the same boxes: it is there already.
  const written = () => statSync(names).mtimeMs;
  const before = written();
  expect(await teachNames([shown], labels, options)).toBe(taught);
  expect(written()).toBe(before);
});

test('pictures without boxes teach nothing', async () => {
  const none = teachNames([{ ...picture, boxes: [] }], [], { model, images, folder: beside });
  await expect(none).rejects.toThrow(/--learn names needs pictures that somebody has gone through/);
});
