import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyFgClip2 } from '../../fgclip2/tinyFolder.js';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const output = mkdtempSync(join(tmpdir(), 'fgdet-export-cli-'));
let model: string;
beforeAll(async () => {
  model = await writeTinyModel();
});
afterAll(() => {
  for (const folder of [output, model]) rmSync(folder, { recursive: true });
});

test('three files, and what goes in and out of them', () => {
  const { status, stdout, stderr } = runFgdet(['export', model, '--output', output]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(readdirSync(output).sort()).toEqual(['dense.onnx', 'image.onnx', 'text.onnx']);
  expect(stdout).toContain('pixels: float32[1,3,32,32]');
  expect(stdout).toContain('features: float32[1,4,4,16]');
  expect(stdout).toContain('input_ids: int32[1,77]');
  expect(stderr).toContain('tokenizer.json');
});

test('one file of chosen shape, as JSON', async () => {
  const words = '--what regions --boxes 3 --size 64x32 --batch 2 --json'.split(' ');
  const { status, stdout } = await callFgdet(['export', model, '-o', output, ...words]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual([
    {
      file: join(output, 'regions.onnx'),
      inputs: [
        { name: 'pixels', shape: [2, 3, 32, 64], dtype: 'float32' },
        { name: 'boxes', shape: [3, 4], dtype: 'float32' },
        { name: 'box_image', shape: [3], dtype: 'int32' },
      ],
      outputs: [{ name: 'features', shape: [3, 16], dtype: 'float32' }],
    },
  ]);
});

describe('FG-CLIP 2', () => {
  let fgclip2: string;
  beforeAll(async () => {
    fgclip2 = await writeTinyFgClip2();
  });
  afterAll(() => rmSync(fgclip2, { recursive: true }));

  test('files whose sizes each run chooses', async () => {
    const folder = join(output, 'fgclip2');
    const { status, stdout } = await callFgdet(['export', fgclip2, '-o', folder]);
    expect(status).toBe(0);
    expect(readdirSync(folder).sort()).toEqual([
      'box-text.onnx',
      'dense.onnx',
      'image.onnx',
      'text.onnx',
    ]);
    expect(stdout).toContain('patches: float32[batch,rows,columns,48]');
    expect(stdout).toContain('features: float32[batch,rows,columns,48]');
    expect(stdout).toContain('input_ids: int32[batch,64]');
  });

  test.each(['--batch', '--size', '--tokens', '--boxes'])('takes no %s', async (option) => {
    const { status, stderr } = await callFgdet(['export', fgclip2, '-o', output, option, '16']);
    expect(stderr).toMatch(`Files of FG-CLIP 2 take any number and size: no ${option}.`);
    expect(status).toBe(2);
  });
});

test.each([
  [['--size', 'big'], /--size must be one number or two/, 2],
  [['--batch', '0'], /--batch must be a whole number above 0/, 2],
  [['--what', 'sound'], /sound/, 2],
  [['--size', '33'], /33x33 pixels do not divide/, 1],
])('%j is refused in a line', async (words, message, expected) => {
  const { status, stderr, stdout } = await callFgdet(['export', model, '-o', output, ...words]);
  expect(stderr).toMatch(message);
  expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
});
