import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseCategories, readCategoryChoice } from '../../datasets/categorySplit.js';
import { packageRoot } from '../../src/files/packageRoot.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-split-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lvis = {
  file: 'lvis.json',
  categories: [
    { id: 5, name: 'cat', frequency: 'f' as const },
    { id: 6, name: 'abacus', frequency: 'r' as const },
    { id: 9, name: 'zebra', frequency: 'c' as const },
  ],
};

test('categories are chosen by name', () => {
  const file = join(folder, 'split.json');
  writeFileSync(file, '["zebra", "abacus"]');
  expect(chooseCategories(lvis, readCategoryChoice(file))).toEqual(new Set([1, 2]));
  expect(() => chooseCategories(lvis, ['cat', 'dog', 'cow'])).toThrow(
    /lvis\.json has no category "dog", "cow"/,
  );
  writeFileSync(file, '[{"name": "cat"}]');
  expect(() => readCategoryChoice(file)).toThrow(/split\.json is not a list of category names/);
});

test('rare categories of LVIS can be left out', () => {
  expect(chooseCategories(lvis, readCategoryChoice('not-rare'))).toEqual(new Set([0, 2]));
  const coco = { file: 'coco.json', categories: [{ id: 1, name: 'cat' }] };
  expect(() => chooseCategories(coco, 'not-rare')).toThrow(/coco\.json .* how frequent "cat" is/);
});

test('the base categories of OV-COCO', () => {
  const names = readCategoryChoice(join(packageRoot, 'configs/splits/ov-coco-base.json'));
  expect(new Set(names).size).toBe(48);
  expect(names).toContain('toothbrush');
  for (const novel of ['cat', 'umbrella', 'scissors', 'traffic light']) {
    expect(names).not.toContain(novel);
  }
});
