import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCoco } from '../../datasets/coco.js';
import { type ResultReadOptions, readCocoResults } from '../../datasets/cocoResults.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-result-ids-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Row {
  image_id: number | string;
  category_id?: number | string;
  file_name?: string;
}

/** What of an annotation file the rows are about: numbers of pictures and categories. */
async function matched(
  pictures: Record<string, number | string>,
  categories: readonly (number | string)[],
  rows: readonly Row[],
  options: Pick<ResultReadOptions, 'ids' | 'strays'> = {},
) {
  const [gt, dt] = [join(folder, 'gt.json'), join(folder, 'dt.json')];
  const images = Object.entries(pictures).map(([file_name, id]) => ({ id, file_name }));
  const named = categories.map((id, i) => ({ id, name: `class ${i}` }));
  writeFileSync(gt, JSON.stringify({ images, categories: named, annotations: [] }));
  const box = { category_id: categories[0], bbox: [1, 2, 3, 4], score: 0.5 };
  writeFileSync(dt, JSON.stringify(rows.map((row) => ({ ...box, ...row }))));
  const truth = readCoco(gt);
  const results = await readCocoResults(dt, { truth, ...options });
  const files = new Map(truth.images.map(({ id, file }) => [id, file]));
  return {
    files: [...results.imageIds].map((id) => files.get(id)),
    categories: [...results.categoryIds],
    notes: results.notes ?? [],
  };
}

/** As Ultralytics 8.4 writes a row. */
const ultralytics = (file_name: string, category_id: number): Row => {
  const stem = file_name.replace(/\.[^.]*$/, '');
  return { image_id: /^\d+$/.test(stem) ? Number(stem) : stem, file_name, category_id };
};

describe('ids of the annotation file', () => {
  test('numbers, texts, and texts of digits', async () => {
    const rows = [{ image_id: 7 }, { image_id: 'x9' }, { image_id: '12' }];
    const found = await matched({ 'a.jpg': 7, 'b.jpg': 'x9', 'c.jpg': 12 }, [1], rows);
    expect(found.files).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(found.notes).toEqual([]);
  });

  test('categories that are texts; those that are not listed are no listed one', async () => {
    const rows = ['dog', 'cat', 'emu', 2].map((category_id) => ({ image_id: 1, category_id }));
    const found = await matched({ 'a.jpg': 1 }, ['dog', 'cat'], rows);
    const [dog, cat, emu, two] = found.categories;
    expect([dog, cat]).toEqual([2, 1]);
    expect(new Set([dog, cat, emu, two]).size).toBe(4);
  });

  test('other keys, a file name that is a path too, say nothing else', async () => {
    const rows = [{ image_id: 3, file_name: '/data/val/a.jpg', category_name: 'x' }];
    const found = await matched({ 'val/a.jpg': 3, 'train/a.jpg': 4 }, [0, 1], rows);
    expect(found).toMatchObject({ files: ['val/a.jpg'], categories: [0], notes: [] });
  });

  test('an image that is not listed is an error, or gets a number of its own', async () => {
    const rows = [{ image_id: 1 }, { image_id: 5 }];
    await expect(matched({ 'a.jpg': 1 }, [1], rows)).rejects.toThrow(
      /dt\.json: results\[1\] is about image 5, which .*gt\.json does not list/,
    );
    const found = await matched({ 'a.jpg': 1 }, [1], rows, { strays: true });
    expect(found.files).toEqual(['a.jpg', undefined]);
  });
});

describe("Ultralytics' predictions", () => {
  test('pictures by their stems, with and without file names beside', async () => {
    const pictures = { 'bell.jpg': 1, 'été 1/photo é.png': 3 };
    for (const rows of [
      [ultralytics('bell.jpg', 1), ultralytics('photo é.png', 1)],
      [{ image_id: 'bell' }, { image_id: 'photo é' }],
    ]) {
      const found = await matched(pictures, [1, 2], rows);
      expect(found.files).toEqual(['bell.jpg', 'été 1/photo é.png']);
      expect(found.notes).toEqual([expect.stringContaining('2 of 2 pictures were found by file')]);
    }
  });

  test('stems of digits that are ids of other pictures go by the file names', async () => {
    const rows = [ultralytics('1.jpg', 1), ultralytics('0002.jpg', 1)];
    const found = await matched({ '0002.jpg': 1, '1.jpg': 2 }, [1], rows);
    expect(found.files).toEqual(['1.jpg', '0002.jpg']);
    expect(found.notes).toEqual([expect.stringContaining('image_id 1 is 1.jpg')]);
  });

  test('without file names, numbers are ids where they can be, and the doubt is told', async () => {
    const pictures = { '2.jpg': 1, '1.jpg': 2 };
    const rows = [{ image_id: 1 }, { image_id: 2 }];
    const found = await matched(pictures, [1], rows);
    expect(found.files).toEqual(['2.jpg', '1.jpg']);
    expect(found.notes).toEqual([expect.stringContaining('say --ids ultralytics')]);
    const said = await matched(pictures, [1], rows, { ids: 'ultralytics' });
    expect(said.files).toEqual(['1.jpg', '2.jpg']);
    const meant = await matched(pictures, [1], rows, { ids: 'coco' });
    expect(meant).toMatchObject({ files: ['2.jpg', '1.jpg'], notes: [] });
  });

  test('without file names, numbers that are no ids are names', async () => {
    const rows = [{ image_id: 2 }, { image_id: 10 }];
    const found = await matched({ '10.jpg': 1, '2.jpg': 2 }, [1], rows);
    expect(found.files).toEqual(['2.jpg', '10.jpg']);
  });

  test('what can be several pictures, or another one, is an error that says what to do', async () => {
    const twins = { 'a/bell.jpg': 1, 'b/bell.jpg': 2 };
    await expect(matched(twins, [1], [ultralytics('bell.jpg', 1)])).rejects.toThrow(
      /results\[0\] is about image "bell", which .* can be a\/bell\.jpg or b\/bell\.jpg/,
    );
    const rows = [ultralytics('1.jpg', 1)];
    await expect(matched({ 'a/1.jpg': 1, 'b/1.jpg': 2 }, [1], rows)).rejects.toThrow(/--ids coco/);
    await expect(matched({ 'bell.jpg': 1 }, [1], rows)).rejects.toThrow(
      /image 1, which is bell\.jpg in .*no picture there is named 1\.jpg.* --ids coco/,
    );
    const found = await matched({ 'bell.jpg': 1 }, [1], rows, { ids: 'coco' });
    expect(found.files).toEqual(['bell.jpg']);
  });

  test('a file name that contradicts an id is an error', async () => {
    const rows = [{ image_id: 1, file_name: 'b.jpg' }];
    await expect(matched({ 'a.jpg': 1, 'b.jpg': 2 }, [1], rows)).rejects.toThrow(
      /image 1, which is a\.jpg in .*another picture, b\.jpg \(id 2\)/,
    );
  });

  test.each<[string, (number | string)[], number[], number[]]>([
    ['listed from 1', [1, 2, 3], [1, 3], [1, 3]],
    ['listed from 0', [0, 1, 2], [1, 3], [0, 2]],
    ['listed from 0, the last one not found', [0, 1, 2], [1, 2], [0, 1]],
    ['listed with gaps, by places', [10, 20, 30], [1, 3], [10, 30]],
    ['listed with gaps, by ids, as those of COCO', [1, 3, 90], [3, 90], [3, 90]],
    ['listed in another order', [2, 0, 1], [1, 2, 3], [0, 1, 2]],
  ])('categories from 1: %s', async (_, listed, given, expected) => {
    const rows = given.map((category) => ultralytics('bell.jpg', category));
    expect((await matched({ 'bell.jpg': 4 }, listed, rows)).categories).toEqual(expected);
  });

  test('categories that can be ids or counted are an error, unless the option says it', async () => {
    const rows = [ultralytics('7.jpg', 1)];
    const pictures = { '7.jpg': 7 };
    await expect(matched(pictures, [0, 1], rows)).rejects.toThrow(/category 1 .*--ids coco/);
    const counted = await matched(pictures, [0, 1], rows, { ids: 'ultralytics' });
    expect(counted.categories).toEqual([0]);
    expect(counted.notes).toEqual([expect.stringContaining('1 is class 0')]);
    expect((await matched(pictures, [0, 1], rows, { ids: 'coco' })).categories).toEqual([1]);
    // Category 0 is none that counts from 1, and 2 is none that is listed from 0.
    const zero = await matched(pictures, [0, 1], [ultralytics('7.jpg', 0), ...rows]);
    expect(zero.categories).toEqual([0, 1]);
    const two = await matched(pictures, [0, 1], [ultralytics('7.jpg', 2), ...rows]);
    expect(two.categories).toEqual([1, 0]);
  });
});
