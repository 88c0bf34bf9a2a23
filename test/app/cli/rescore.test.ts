import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-rescore-cli-'));
const path = (name: string) => join(folder, name);
const results = path('dets.json.gz');
const found = [
  { image_id: 4, category_id: 1, bbox: [2, 3, 20, 20], score: 0.64 },
  { image_id: 8, category_id: 1, bbox: [30, 0, 30, 40], score: 0.25 },
  { image_id: 4, category_id: 5, bbox: [10.5, 3, 40, 30], score: 0.09 },
];
let model: string;

/** An annotation file with those categories. */
function annotations(name: string, ...categories: string[]): string {
  const image = (id: number) => ({ id, file_name: `val/${id}.png`, width: 60, height: 40 });
  writeFileSync(
    path(name),
    JSON.stringify({
      images: [image(4), image(8), image(9)],
      categories: categories.map((category, i) => ({ id: 10 * (i + 1), name: category })),
      annotations: [],
    }),
  );
  return path(name);
}

const output = path('rescored.json');
const env = { XDG_CACHE_HOME: folder };

function commandLine(list: string, args: readonly string[]): string[] {
  rmSync(output, { force: true });
  return ['rescore', results, '-a', list, '-i', folder, '-o', output, '-m', model, ...args];
}
const written = () => existsSync(output) && JSON.parse(readFileSync(output, 'utf8'));

async function run(list: string, ...args: string[]) {
  const said = await callFgdet(commandLine(list, args), env);
  return { ...said, written: written() };
}

beforeAll(async () => {
  model = await writeTinyModel({ templates: ['a photo of {a}'], temperature: 10, scales: [1] });
  mkdirSync(path('val'));
  writeFileSync(results, gzipSync(JSON.stringify(found)));
  for (const [id, colour] of [
    [4, 'red'],
    [8, 'grey'],
  ]) {
    await sharp({ create: { width: 60, height: 40, channels: 3, background: colour as string } })
      .png()
      .toFile(path(`val/${id}.png`));
  }
});
afterAll(() => {
  for (const made of [folder, model]) rmSync(made, { recursive: true, force: true });
});

describe('fgdet rescore', () => {
  test('one category alone has the probability 1: scores are √confidence', () => {
    const words = commandLine(annotations('one.json', 'red_cat'), ['--json']);
    const { status, stdout, stderr } = runFgdet(words, { env });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(written()).toEqual([
      { ...found[0], category_id: 10, score: 0.8 },
      { ...found[1], category_id: 10, score: 0.5 },
      { ...found[2], category_id: 10, score: 0.3 },
    ]);
    expect(JSON.parse(stdout)).toEqual({ output, images: 2, read: 3, written: 3 });
    expect(stderr).toMatch(/^rescore: 0\/2 pictures/);
    expect(stderr).toMatch(/3 of 3 results, scored again, are in .*rescored\.json\n$/);
  });

  test('α and β are the powers of base and of novel categories', async () => {
    writeFileSync(path('base.json'), JSON.stringify(['red_cat']));
    const base = ['--base', path('base.json'), '--alpha', '0.25', '--beta', '0.75'];
    const known = (await run(annotations('one.json', 'red_cat'), ...base)).written;
    expect(known[0].score).toBeCloseTo(0.64 ** 0.75, 6);
    writeFileSync(path('base.json'), JSON.stringify(['not-this', 'red_cat']));
    const { status, stderr } = await run(annotations('one.json', 'red_cat'), ...base);
    expect(status).toBe(1);
    expect(stderr).toContain('has no category "not-this"');
    writeFileSync(path('base.json'), JSON.stringify(['animal']));
    const two = (await run(annotations('two.json', 'animal', 'animal'), ...base, '--tau', '75'))
      .written;
    // Two of one name share the probability, and the first is taken; both count as base.
    expect(two[1]).toMatchObject({ category_id: 10 });
    expect(two[1].score).toBeCloseTo(0.25 ** 0.75 * 0.5 ** 0.25, 6);
  });

  test('every box gets one of the categories, whatever the phrasing, and duplicates can go', async () => {
    const list = annotations('three.json', 'red cat', 'grey dog', 'animal');
    const { status, written } = await run(
      list,
      '--templates',
      '{}',
      '--templates',
      'plain',
      '--tau',
      '30',
    );
    expect(status).toBe(0);
    expect(written.map(({ bbox }: { bbox: number[] }) => bbox)).toEqual(
      found.map(({ bbox }) => bbox),
    );
    for (const { category_id, score } of written) {
      expect([10, 20, 30]).toContain(category_id);
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThan(1);
    }
    const apart = await run(annotations('one.json', 'cat'), '--nms', '0.1');
    expect(apart.written).toHaveLength(2);
  });

  test.each([
    [['--alpha', '0.5'], 2, '--alpha and --beta need --base'],
    [['--tau', '0'], 2, '--tau takes a number above 0'],
    [['--nms', '2'], 2, '--nms takes a number from 0 to 1'],
    [['--templates', 'nice'], 1, 'has no list "nice"'],
  ])('%j is an error', async (args, expected, message) => {
    const { status, stdout, stderr, written } = await run(annotations('one.json', 'cat'), ...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ status, stdout, written }).toEqual({ status: expected, stdout: '', written: false });
  });

  test('nothing is written when a picture is missing', async () => {
    rmSync(path('val/8.png'));
    const { status, stderr, written } = await run(annotations('one.json', 'cat'));
    expect(stderr).toContain(path('val/8.png'));
    expect({ status, written }).toEqual({ status: 1, written: false });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
