import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coco } from '../../datasets/labels/samples.js';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-convert-'));
afterAll(() => rmSync(folder, { recursive: true }));
const from = join(folder, 'labels.json');
writeFileSync(from, JSON.stringify(coco));

describe('fgdet data convert', () => {
  test('writes labels in another format and says what it has no place for', () => {
    const output = join(folder, 'yolo');
    const command = ['data', 'convert', from, '--to', 'yolo', '--output', output, '--json'];
    const { status, stdout, stderr } = runFgdet(command);
    expect(stderr).toBe(
      [
        'Not read as labels: 1 annotation without a box.',
        `2 pictures, 2 boxes: ${output}`,
        '3 attributes left out: yolo has no place for them',
        '1 polygon left out: yolo has no place for it',
        '1 score left out: yolo has no place for it',
        '1 mask left out: yolo has no place for it',
        '1 mark of a crowd left out: yolo has no place for it',
        '1 annotation without a box left out: yolo has no place for it',
        '',
      ].join('\n'),
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      fromFormat: 'coco',
      to: 'yolo',
      images: 2,
      boxes: 2,
    });
    const rows = readFileSync(join(output, 'labels/a/street.txt'), 'utf8');
    expect(rows).toMatch(/^1 0\.000313 0\.073174 0\.000313 0\.062500\n0 /);
    expect(readFileSync(join(output, 'labels/empty.txt'), 'utf8')).toBe('');
  });

  test('says what is wrong with a file', async () => {
    const output = join(folder, 'x.xml');
    const wrong = [
      'data',
      'convert',
      from,
      '--from-format',
      'labelme',
      '--to',
      'cvat',
      '--output',
      output,
    ];
    const { status, stderr } = await callFgdet(wrong);
    expect(status).toBe(1);
    expect(stderr).toMatch(/labels\.json is not a file of labelme/);
    expect(stderr).not.toMatch(/ at /);
    const taken = ['data', 'convert', from, '--to', 'cvat', '--output', folder];
    expect((await callFgdet(taken)).stderr).toBe(
      `fgdet: Cannot write ${folder}: it is a folder.\n`,
    );
    const blocked = ['data', 'convert', from, '--to', 'voc', '--output', from];
    expect((await callFgdet(blocked)).stderr).toMatch(
      /Cannot write .*: there is a file where a folder/,
    );
    const kitti = ['data', 'convert', from, '--to', 'kitti', '--output', output];
    const unknown = await callFgdet(kitti);
    expect(unknown.stderr).toMatch(/kitti/);
    expect(unknown.status).not.toBe(0);
  });
});
