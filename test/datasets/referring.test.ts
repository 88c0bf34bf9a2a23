import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReferring } from '../../datasets/referring.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-referring-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};

const line = { image: 'a.jpg', sent: 'the lady', bbox: [1, 2, 30, 40], height: 90, width: 120 };
const lines = (...records: unknown[]) =>
  write('lines.jsonl', records.map((one) => `${JSON.stringify(one)}\n`).join(''));

// As Python 2 pickled the published files: lists and dictionaries, in the text form.
const reference = (ann: number, split: string, ...sentences: string[]) =>
  `(dS'ann_id'\nI${ann}\nsS'split'\nS'${split}'\nsS'sentences'\n(l${sentences
    .map((sent) => `(dS'sent'\nS'${sent}'\nsa`)
    .join('')}sa`;
const pickle = (...references: string[]) => write('refs(unc).p', `(l${references.join('')}.`);

const instances = write(
  'instances.json',
  JSON.stringify({
    images: [{ id: 7, file_name: 'COCO_7.jpg', width: 120, height: 90 }],
    categories: [],
    annotations: [
      { id: 71, image_id: 7, bbox: [1, 2, 29, 38] },
      { id: 72, image_id: 7, bbox: [50, 2, 10, 10] },
    ],
  }),
);

test('JSON lines', () => {
  expect(readReferring({ records: lines(line, { ...line, sent: 'a dog' }) })).toEqual([
    { image: 'a.jpg', phrase: 'the lady', box: [1, 2, 30, 40], height: 90, width: 120 },
    expect.objectContaining({ phrase: 'a dog' }),
  ]);
});

test('the published files, by split', () => {
  const records = pickle(
    reference(71, 'testA', 'the lady', 'woman in blue'),
    reference(72, 'val', 'a dog'),
  );
  const lady = { image: 'COCO_7.jpg', box: [1, 2, 30, 40], height: 90, width: 120 };
  expect(readReferring({ records, instances, split: 'testA' })).toEqual([
    { ...lady, phrase: 'the lady' },
    { ...lady, phrase: 'woman in blue' },
  ]);
  expect(readReferring({ records, instances, split: 'val' })).toEqual([
    { ...lady, phrase: 'a dog', box: [50, 2, 60, 12] },
  ]);
});

test.each<[string, () => Parameters<typeof readReferring>[0], RegExp]>([
  ['width for x2', () => ({ records: lines({ ...line, bbox: [50, 2, 30, 40] }) }), /line 1: bbox/],
  ['no phrase', () => ({ records: lines(line, { ...line, sent: '' }) }), /line 2.*sent/],
  ['no lines', () => ({ records: lines() }), /has no referring expressions/],
  [
    'a split of lines',
    () => ({ records: lines(line), split: 'val' }),
    /"split" goes with a pickle/,
  ],
  ['no boxes', () => ({ records: pickle(reference(71, 'val', 'x')), split: 'val' }), /"instances"/],
  [
    'another split',
    () => ({ records: pickle(reference(71, 'val', 'x')), instances, split: 'testC' }),
    /"split" must be one of val\./,
  ],
  [
    'an object that is not there',
    () => ({ records: pickle(reference(73, 'val', 'x')), instances, split: 'val' }),
    /\[0\]\.ann_id: .*no annotation 73/,
  ],
  [
    'no pickle',
    () => ({ records: write('x.p', 'hello'), instances, split: 'val' }),
    /x\.p is not a pickle/,
  ],
])('%s is told in a line', (_, files, message) => {
  expect(() => readReferring(files())).toThrow(message);
});
