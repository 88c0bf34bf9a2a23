import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Detection } from '../../../detectors/detector.js';
import { loadDetector } from '../../../detectors/loadDetector.js';
import { shipFeatures } from '../../../scripts/shipFeatures.js';
import { readSafetensorsHeader } from '../../../src/checkpoints/safetensorsHeader.js';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

let model: string;
let folder: string;
let picture: string;

/** Runs the command line in a process with a cache of its own. */
function fgdet(args: string[], input?: Buffer) {
  return runFgdet(args, { input, env: { XDG_CACHE_HOME: folder } });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-detect-'));
  model = await writeTinyModel({ contrastVocabulary: ['dog', 'cat', 'tree', 'sky'], threshold: 0 });
  picture = join(folder, 'photo.png');
  const shape = '<svg width="60" height="40"><circle cx="20" cy="20" r="12" fill="red"/></svg>';
  await sharp({ create: { width: 60, height: 40, channels: 3, background: '#88aacc' } })
    .composite([{ input: Buffer.from(shape) }])
    .png()
    .toFile(picture);
  process.env.XDG_CACHE_HOME = folder;
});

describe('fgdet detect', () => {
  test('--json prints one result on stdout', () => {
    const { status, stdout } = fgdet([
      ...['detect', picture, '-m', model, '-p', 'red cat|kitten', '-p', 'animal'],
      ...['--max', '2', '--json'],
    ]);
    expect(status).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.prompts).toEqual(['red cat|kitten', 'animal']);
    const [{ image, width, height, detections }] = result.images;
    expect({ image, width, height }).toEqual({ image: picture, width: 60, height: 40 });
    expect(detections.length).toBeGreaterThan(0);
    for (const { label, score, box } of detections as Detection[]) {
      expect(['red cat', 'animal']).toContain(label);
      expect(score).toBeLessThanOrEqual(1);
      expect(box.xmax).toBeLessThanOrEqual(60);
      expect(box.ymax).toBeLessThanOrEqual(40);
      expect(box.xmin).toBeLessThan(box.xmax);
    }
  });

  test('a table, pictures and detections.json; bad pictures do not stop the rest', async () => {
    const bad = join(folder, 'bad.jpg');
    writeFileSync(bad, 'not a picture');
    const output = join(folder, 'out');
    const { status, stdout, stderr } = await callFgdet([
      ...['detect', bad, picture, join(folder, 'missing.jpg'), '-m', model],
      ...['-p', 'red cat', '--max', '1', '-o', output, '--heatmap'],
    ]);
    expect(status).toBe(1);
    const lines = stderr.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('fgdet: '))).toHaveLength(2);
    expect(stderr).toMatch(/bad\.jpg: .*not a picture/);
    expect(stdout).toMatch(/^image +label +score/);
    expect(stdout).toContain('red cat');
    expect(readdirSync(output).sort()).toEqual([
      'detections.json',
      'photo.detections.png',
      'photo.heatmap.red-cat.png',
    ]);
    const saved = JSON.parse(readFileSync(join(output, 'detections.json'), 'utf8'));
    expect(saved.failed).toHaveLength(2);
    expect(saved.images).toHaveLength(1);
  });

  test('a picture on stdin, prompts from a file', () => {
    const prompts = join(folder, 'prompts.txt');
    writeFileSync(prompts, '# things\nred cat\n\nanimal\n');
    const { status, stdout } = fgdet(
      ['detect', '-', '-m', model, '--prompt-file', prompts, '--json'],
      readFileSync(picture),
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout).prompts).toEqual(['red cat', 'animal']);
  });

  test('a model that is not there is told in one line', async () => {
    const { status, stderr } = await callFgdet([
      'detect',
      picture,
      '-m',
      '/no/such/model',
      '-p',
      'cat',
    ]);
    expect(status).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('/no/such/model');
  });
});

test('fgdet heatmap writes a picture for each prompt', async () => {
  const output = join(folder, 'heat');
  const { status, stdout } = await callFgdet([
    ...['heatmap', picture, '-m', model, '-p', 'red cat', '-p', 'Red, cat!', '-o', output],
  ]);
  expect(status).toBe(0);
  const names = ['photo.heatmap.red-cat-2.png', 'photo.heatmap.red-cat.png'];
  expect(readdirSync(output).sort()).toEqual(names);
  expect(stdout.trim().split('\n').sort()).toEqual(names.map((name) => join(output, name)));
});

describe('a loaded detector', () => {
  test('other prompts change nothing, to the bit', async () => {
    const detector = await loadDetector(model);
    const prompts = ['red cat', 'a grey dog in a tree', 'animal|beast', 'sky'];
    const together = await detector.detect(picture, prompts, { threshold: 0.01 });
    const fresh = await loadDetector(model);
    for (const prompt of prompts) {
      const alone = await fresh.detect(picture, [prompt], { threshold: 0.01 });
      const [label] = prompt.split('|');
      expect(together.filter((detection) => detection.label === label)).toEqual(alone);
    }
    await Promise.all([detector.dispose(), fresh.dispose()]);
  });

  test('features that ship with the folder change nothing, to the bit', async () => {
    const own = await writeTinyModel();
    const before = await (await loadDetector(own)).detect(picture, ['red cat'], { threshold: 0 });
    const file = await shipFeatures(own);
    expect(readSafetensorsHeader(file).tensors.size).toBe(1);
    process.env.XDG_CACHE_HOME = join(folder, 'another');
    const after = await (await loadDetector(own)).detect(picture, ['red cat'], { threshold: 0 });
    expect(after).toEqual(before);
    expect(existsSync(join(process.env.XDG_CACHE_HOME, 'fgdet', 'texts'))).toBe(false);
  });

  test('boxes are those of the picture as it is shown', async () => {
    const turned = await sharp(picture).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const detector = await loadDetector(model);
    const shown = await detector.encode(turned);
    expect([shown.width, shown.height]).toEqual([40, 60]);
    const stored = await detector.encode(turned, { ignoreOrientation: true });
    expect([stored.width, stored.height]).toEqual([60, 40]);
    await detector.dispose();
  });

  test('a picture that cannot be read is an error for people', async () => {
    const detector = await loadDetector(model);
    await expect(detector.detect(Buffer.from('x'), ['cat'])).rejects.toThrow(/not a picture/);
    await detector.dispose();
  });
});
