import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCocoResults } from '../../datasets/cocoResults.js';
import { writeCocoResults } from '../../datasets/writeCocoResults.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-write-results-'));
afterAll(() => rmSync(folder, { recursive: true }));

const resultsOf = (count: number) => ({
  count,
  imageIds: Float64Array.from({ length: count }, (_, row) => row % 7),
  categoryIds: Float64Array.from({ length: count }, (_, row) => row % 3),
  boxes: Float64Array.from({ length: 4 * count }, (_, i) => i / 4),
  scores: Float64Array.from({ length: count }, (_, row) => (row % 64) / 64),
});

const truth = {
  images: Array.from({ length: 7 }, (_, id) => ({ id })),
  categories: Array.from({ length: 3 }, (_, id) => ({ id })),
};

test.each([0, 1, 20_001])('%i results come back as they were', async (count) => {
  const file = join(folder, `${count}.json`);
  await writeCocoResults(file, resultsOf(count), truth);
  expect(await readCocoResults(file)).toEqual(resultsOf(count));
  expect(readdirSync(folder)).toContain(`${count}.json`);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a result a line; scores have the digits of a float', async () => {
  const file = join(folder, 'one.json');
  await writeCocoResults(file, { ...resultsOf(1), scores: Float64Array.of(1 / 3) }, truth);
  expect(readFileSync(file, 'utf8')).toBe(
    '[\n{"image_id":0,"category_id":0,"bbox":[0,0.25,0.5,0.75],"score":0.3333333}\n]\n',
  );
});

test('ids that are texts in the annotation file are texts again', async () => {
  const file = join(folder, 'texts.json');
  const named = { images: [{ id: 0, textId: 'a1' }], categories: [{ id: 0, textId: 'cat' }] };
  await writeCocoResults(file, resultsOf(1), named);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject([
    { image_id: 'a1', category_id: 'cat' },
  ]);
});
