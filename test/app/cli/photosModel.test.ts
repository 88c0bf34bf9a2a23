import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// jest fails to load what several modules ask for at once, as the command does: it finds it loaded.
import '../../../app/prelabel/prelabel.js';
import { generateScenes } from '../../../datasets/scenes/generate.js';
import '../../../detectors/photos/loadPhotos.js';
import '../../../src/fgclip/modelFolder.js';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { callFgdet } from './callFgdet.js';

/** A name that is no name. */
const far = 'a blorpfizz';
const photos = join(packageRoot, 'models/photos');
const coffee = join(packageRoot, 'samples/coffee.jpg');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-photos-model-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, content: unknown) => {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};

/** What is said of a name, once, on stderr alone. */
function expectTold(stderr: string, advice: unknown): void {
  expect(advice).toEqual([
    { label: far, message: expect.stringMatching(/is far from every name/) },
  ]);
  const [{ message }] = advice as { message: string }[];
  expect(stderr.split('\n').filter((line) => line === message)).toHaveLength(1);
}

test('detect tells of names that are far from all known ones, on stderr and in its result', async () => {
  const chelsea = join(packageRoot, 'samples/chelsea.jpg');
  const words = ['detect', coffee, chelsea, '-p', 'a cup of coffee', '-p', far];
  const told = await callFgdet([...words, '--json']);
  expect(told.status).toBe(0);
  const result = JSON.parse(told.stdout);
  expectTold(told.stderr, result.advice);
  expect(result.images[0].detections).toMatchObject([{ label: 'a cup of coffee' }]);
  const table = await callFgdet(words);
  expect(table.stdout).not.toMatch(/far from/);
  expect(table.stderr).toMatch(/far from/);
});

test('of far phrasings and negatives too, of many in few lines; a caption is refused', async () => {
  const many = Array.from({ length: 9 }, (_, i) => ['-p', `${far}${i}`]).flat();
  const told = await callFgdet(['detect', coffee, '-p', `${far}|cup`, '-n', far, ...many]);
  expect(told.stderr.split('\n').filter((line) => line.includes('far from every'))).toHaveLength(3);
  expect(told.stderr).toMatch(/The like holds for 8 more: /);
  const caption = Array.from({ length: 40 }, () => 'a cup').join(' of ');
  const refused = await callFgdet(['detect', coffee, '-p', caption]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/"a cup of a cup .*too long.*FG-CLIP/);
});

test('so does prelabel, of labels by their phrasings', async () => {
  const told = await callFgdet([
    ...['prelabel', coffee, '--label', 'cup: a cup of coffee', '--label', `${far}: ${far}`],
    ...['--label', 'glirk: a cat', '--output', join(folder, 'labels.json'), '--json'],
  ]);
  expect(told.status).toBe(0);
  expectTold(told.stderr, JSON.parse(told.stdout).advice);
});

describe('what it cannot do ends in one sentence that names what can', () => {
  beforeAll(async () => {
    await generateScenes({ count: 2, output: join(folder, 'scenes'), seed: 1, workers: 1 });
  });

  const records = () => ({
    ...{ records: join(folder, 'scenes/finehard.json'), images: join(folder, 'scenes') },
  });
  const evaluation = (task: string) => [
    'evaluate',
    written('evaluation.json', { model: photos, tasks: { mine: { task, ...records() } } }),
  ];
  const training = (stage: number) => [
    'train',
    written('training.json', {
      ...{ stage, model: { initial: photos }, data: [records()], output: join(folder, 'run') },
      ...{ batch: 2, epochs: 1, learningRate: 1e-4 },
    }),
  ];
  const proposals = () => [
    'train',
    written('proposals.json', {
      ...{ stage: 'proposals', model: photos, output: join(folder, 'run') },
      data: [
        { annotations: join(folder, 'scenes/annotations.json'), images: join(folder, 'scenes') },
      ],
      ...{ network: { channels: 16, convolutions: 1 }, imageSize: 128, batch: 2, epochs: 1 },
      learningRate: 1e-4,
    }),
  ];
  const detect = (...more: string[]) => ['detect', coffee, '-p', 'a cup', ...more];
  const rescore = (...more: string[]) => {
    const image = { id: 1, file_name: 'coffee.jpg', width: 600, height: 400 };
    const categories = [{ id: 1, name: 'cup' }];
    return [
      ...[
        'rescore',
        written('results.json', [
          { image_id: 1, category_id: 1, bbox: [142, 11, 285, 387], score: 0.5 },
        ]),
      ],
      ...['-a', written('annotations.json', { images: [image], categories, annotations: [] })],
      ...['-i', join(packageRoot, 'samples'), '-o', join(folder, 'rescored.json'), ...more],
    ];
  };

  test.each<[string, () => string[], RegExp]>([
    [
      'heat maps',
      () => ['heatmap', coffee, '-p', 'a cup', '-o', folder],
      /FG-CLIP models have them/,
    ],
    ['heat maps of detect', () => detect('--heatmap', '-o', join(folder, 'out')), /FG-CLIP/],
    ['dense proposals', () => detect('--proposals', 'dense'), /"dense" needs an FG-CLIP model/],
    ['convert', () => ['convert', photos, '--output', join(folder, 'converted')], /FG-CLIP/],
    ['training, stage 1', () => training(1), /takes an FG-CLIP model/],
    ['training, stage 2', () => training(2), /takes an FG-CLIP model/],
    ['training proposals', proposals, /takes an FG-CLIP model/],
    ['retrieval', () => evaluation('retrieval'), /takes an FG-CLIP model/],
    ['hard negatives', () => evaluation('hard-negatives'), /takes an FG-CLIP model/],
    ['FG-OVD', () => evaluation('fg-ovd'), /takes an FG-CLIP model/],
    [
      'zero-shot',
      () => [
        'evaluate',
        written('zero.json', {
          model: photos,
          tasks: { mine: { task: 'zero-shot', images: folder } },
        }),
      ],
      /takes an FG-CLIP model/,
    ],
    ['templates of rescore', () => rescore('--templates', 'plain'), /are for FG-CLIP models/],
    ['tau of rescore', () => rescore('--tau', '50'), /are for FG-CLIP models/],
  ])('%s', async (_, words, message) => {
    const { status, stdout, stderr } = await callFgdet(words());
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    const lines = stderr.trim().split('\n');
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(lines[0]).toMatch(/^fgdet: /);
    for (const name of ['out', 'converted', 'rescored.json']) {
      expect(existsSync(join(folder, name))).toBe(false);
    }
  });

  test('but boxes are scored again', async () => {
    expect(await callFgdet(rescore())).toMatchObject({ status: 0 });
    const [{ score }] = JSON.parse(readFileSync(join(folder, 'rescored.json'), 'utf8'));
    expect(score).toBeGreaterThan(0.2);
  });
});
