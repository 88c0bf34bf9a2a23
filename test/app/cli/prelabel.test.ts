import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
// jest fails to load what several modules ask for at once, as the command does: it finds it loaded.
import '../../../app/prelabel/prelabel.js';
import { readCoco } from '../../../datasets/coco.js';
import { generateScenes } from '../../../datasets/scenes/generate.js';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { fgdet } from '../../ranks/mpirun.js';
import { callFgdet } from './callFgdet.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-cli-prelabel-'));
  await generateScenes({
    ...{ count: 8, output: join(folder, 'scenes'), seed: 4, workers: 1 },
    ...{ size: [160, 160], objects: [2, 4], objectSize: [0.3, 0.5] },
  });
  // What the pictures show.
  const { images, categories } = readCoco(join(folder, 'scenes/annotations.json'));
  const shown = new Set(images.flatMap(({ boxes }) => boxes.map(({ category }) => category)));
  const lines = [...shown].map((category) => `${categories[category].name} @ 0.2\n`);
  writeFileSync(join(folder, 'labels.txt'), lines.join(''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const command = (output: string, ...more: string[]) => [
  ...[
    'prelabel',
    join(folder, 'scenes/images'),
    '--recursive',
    '--labels',
    join(folder, 'labels.txt'),
  ],
  ...['--output', join(folder, output), '--model', join(packageRoot, 'models/scenes'), ...more],
];
const written = (name: string) => ({
  labels: readFileSync(join(folder, name, 'labels.json'), 'utf8'),
  manifest: readFileSync(join(folder, name, 'labels.prelabel/manifest.jsonl'), 'utf8'),
  report: readFileSync(join(folder, name, 'labels.prelabel/report.html'), 'utf8'),
});

test('killed again and again, it goes on, and writes the same bytes', async () => {
  const whole = await callFgdet(command('whole/labels.json', '--json'));
  expect(whole).toMatchObject({ status: 0 });
  const counts = JSON.parse(whole.stdout);
  expect(counts).toMatchObject({ pictures: 8, failed: { count: 0 } });
  expect(counts.boxes).toBeGreaterThan(0);

  const journal = join(folder, 'killed/labels.prelabel/pictures-1-of-1.jsonl');
  const lines = () => (existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').length : 0);
  let kills = 0;
  for (const wanted of [3, 6]) {
    const child = spawn(process.execPath, [fgdet, ...command('killed/labels.json')]);
    const ended = once(child, 'exit');
    while (lines() < wanted && child.exitCode === null) await sleep(2);
    child.kill('SIGKILL');
    const [, signal] = await ended;
    if (signal === 'SIGKILL') kills++;
  }
  expect(kills).toBeGreaterThan(0);
  expect(await callFgdet(command('killed/labels.json'))).toMatchObject({ status: 0 });
  expect(written('killed')).toEqual(written('whole'));
});

test('what is missing or wrong is said before anything is done', async () => {
  const photos = join(folder, 'scenes/images/000');
  const output = join(folder, 'x.json');
  expect(await callFgdet(['prelabel', photos, '--output', output])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--labels labels.txt, --label "a person", or --example'),
  });
  const wrong: [string[], RegExp][] = [
    [['--label', 'cat @ 3'], /must be from 0 to 1/],
    [['--labels', 'nowhere.txt'], /nowhere\.txt/],
    [['--label', 'cat', '--format', 'excel'], /excel/],
    [['--label', 'cat', '--threshold', '2'], /--threshold takes a number from 0 to 1/],
    [['--label', 'cat', '--existing', 'compare'], /no labels to compare with/],
    [['--learn', 'examples'], /is not there: there is nothing to learn from/],
    [['--learn', 'names', '--existing', 'compare'], /compare changes nothing/],
    [['--example', 'wheel=nowhere.jpg:1,2,3,4'], /nowhere\.jpg/],
    [['--label', 'wheel: examples:nowhere.json'], /nowhere\.json/],
  ];
  for (const [more, message] of wrong) {
    const { status, stderr } = await callFgdet(['prelabel', photos, '--output', output, ...more]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/unexpected error/);
  }
  expect(existsSync(output)).toBe(false);
  expect((await callFgdet(['prelabel', '--help'])).stdout).toMatch(/label-studio/);
});
