import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSource, parseSource } from '../../../detectors/proposals/namedSource.js';
import { UserError } from '../../../src/errors.js';

test('the names there are', () => {
  expect(parseSource('network')).toEqual({ kind: 'network' });
  expect(parseSource(' dense ')).toEqual({ kind: 'dense' });
  expect(parseSource('file:out/dets.json')).toEqual({ kind: 'file', results: 'out/dets.json' });
  expect(parseSource('file:C:\\dets.json.gz, val.json')).toEqual({
    kind: 'file',
    results: 'C:\\dets.json.gz',
    annotations: 'val.json',
  });
  expect(parseSource('module:./boxes.js')).toEqual({ kind: 'module', file: './boxes.js' });
  expect(parseSource('hub:Xenova/yolos-tiny@v1,dtype=q8')).toEqual({
    ...{ kind: 'hub', model: 'Xenova/yolos-tiny@v1', dtype: 'q8' },
  });
});

test.each([
  ['', 'there is no ""'],
  ['Network', 'there is no "Network"'],
  ['dets.json', 'there is no "dets.json"'],
  ['network:x', 'nothing may follow network'],
  ['dense:', 'nothing may follow dense'],
  ['file', 'the results file is missing'],
  ['file:,val.json', 'the results file is missing'],
  ['file:dets.json,', 'the annotation file after the comma is missing'],
  ['file:a,b,c', 'more than two files'],
  ['hub:', 'the model is missing'],
  ['hub', 'the model is missing'],
  ['hub:a/b,dtype=half', '"dtype=half" is not one of dtype=fp32'],
  ['module:', 'the file is missing'],
])('%j is none of them', (name, reason) => {
  expect(() => parseSource(name)).toThrow(UserError);
  expect(() => parseSource(name)).toThrow(`from ${JSON.stringify(name)}: ${reason}`);
  expect(() => parseSource(name)).toThrow('Name network, photos, dense, file:<COCO results>');
});

test('files and hub models are opened', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'named-source-'));
  const results = join(folder, 'results.json');
  writeFileSync(results, '[{"image_id": 5, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5}]');
  const source = await openSource({ kind: 'file', results });
  const image = { width: 2, height: 2, data: new Uint8Array(12) };
  expect(await source.propose({ image, name: '5.png' })).toHaveLength(1);
  await expect(openSource({ kind: 'hub', model: 'a/b' })).rejects.toThrow('npm install');
  rmSync(folder, { recursive: true });
});
