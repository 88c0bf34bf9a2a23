import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FoundStore } from '../../../eval/detection/foundStore.js';
import { picture } from './dataset.js';

const folders: string[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-found-'));
  folders.push(folder);
});
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true });
});

const alone = { index: 0, count: 1 };
const images = [5, 6, 7, 8].map((id) => picture(id, []));
const open = (run: unknown = 'run', shard = alone) => new FoundStore({ folder, run, shard });
const idsOf = (store: FoundStore) => store.missing(images).map(({ id }) => id);

describe('what was found', () => {
  test('is there again, in the order of the pictures', async () => {
    const store = open();
    await store.add(6, [3, 1, 2, 3, 4, 0.125, 4, 5, 6, 7, 8, 0.1]);
    await store.add(5, []);
    expect(readdirSync(folder)).toEqual(['found-1-of-1.jsonl']);
    const again = open();
    expect(idsOf(again)).toEqual([7, 8]);
    expect(again.complete(images)).toBe(false);
    expect(again.complete(images.slice(0, 2))).toBe(true);
    await again.add(7, [9, 0, 0, 1, 1, 1]);
    const { count, imageIds, categoryIds, boxes, scores } = open().results(images);
    expect(count).toBe(3);
    expect([...imageIds]).toEqual([6, 6, 7]);
    expect([...categoryIds]).toEqual([3, 4, 9]);
    expect([...boxes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 1, 1]);
    expect([...scores]).toEqual([0.125, 0.1, 1]);
  });

  test('a line that was cut off is looked at again, wherever it was cut', async () => {
    const store = open();
    await store.add(5, [3, 1, 2, 3, 4, 0.125]);
    await store.add(6, []);
    const file = join(folder, 'found-1-of-1.jsonl');
    const whole = readFileSync(file, 'utf8');
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(file, whole.slice(0, length));
      const again = open();
      for (const id of [5, 6])
        if (!again.has(id)) await again.add(id, id === 5 ? [3, 1, 2, 3, 4, 0.125] : []);
      expect(readFileSync(file, 'utf8')).toBe(whole);
    }
  });

  test('is divided among processes, and theirs is seen', async () => {
    const [first, second] = [0, 1].map((index) => open('run', { index, count: 2 }));
    expect([idsOf(first), idsOf(second)]).toEqual([
      [5, 7],
      [6, 8],
    ]);
    await first.add(5, []);
    await second.add(6, []);
    expect(idsOf(open())).toEqual([7, 8]);
  });

  test('of another run is refused, and so is a broken file', async () => {
    await open().add(5, []);
    expect(() => open('another')).toThrow(/found-1-of-1\.jsonl holds what was found with another/);
    appendFileSync(join(folder, 'found-1-of-1.jsonl'), '[6, [1]]\n');
    expect(() => open()).toThrow(/found-1-of-1\.jsonl: line 3 is broken/);
  });
});
