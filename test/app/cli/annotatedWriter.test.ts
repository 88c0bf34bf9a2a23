import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnnotatedWriter } from '../../../app/cli/annotatedWriter.js';

const detections = [{ label: 'cat', score: 0.8, box: { xmin: 5, ymin: 5, xmax: 30, ymax: 25 } }];
const picture = (stem: string) => {
  const image = { width: 60, height: 40, data: new Uint8Array(60 * 40 * 3).fill(90) };
  return { index: 0, name: stem, stem, prepared: { width: 60, height: 40, parts: [], image } };
};

test('a thread draws what the calling thread draws', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-annotated-'));
  const writer = new AnnotatedWriter(['dog', 'cat'], folder);
  const files: string[] = [];
  for (const stem of ['a', 'b', 'c']) files.push(await writer.write(picture(stem), detections));
  await writer.end();
  expect(readdirSync(folder).sort()).toEqual(['a', 'b', 'c'].map((s) => `${s}.detections.png`));
  const [first, ...others] = files.map((file) => readFileSync(file));
  expect(first.length).toBeGreaterThan(500);
  for (const other of others) expect(other.equals(first)).toBe(true);
});

test('a folder that cannot be written to is told at the next picture, or at the end', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'fgdet-annotated-')), 'file');
  writeFileSync(file, '');
  const writer = new AnnotatedWriter(['cat'], join(file, 'out'));
  await writer.write(picture('a'), detections);
  await expect(writer.write(picture('b'), detections)).rejects.toThrow(/ENOTDIR|EEXIST/);
  await expect(writer.end()).rejects.toThrow(/ENOTDIR|EEXIST/);
});
