import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// jest fails to load what several modules ask for at once, as the command does: it finds it loaded.
import '../../../app/prelabel/prelabel.js';
import { generateScenes } from '../../../datasets/scenes/generate.js';
import { fgdet, mpiInstalled, mpirun } from '../../ranks/mpirun.js';
import { callFgdet } from './callFgdet.js';
import { writeTinyModel } from './tinyModel.js';

let folder: string;
let model: string;
beforeAll(async () => {
  model = await writeTinyModel({ contrastVocabulary: ['dog', 'cat'], scales: [1] });
  folder = mkdtempSync(join(tmpdir(), 'fgdet-cli-ranks-'));
  await generateScenes({
    ...{ count: 3, output: join(folder, 'scenes'), seed: 2, workers: 1 },
    ...{ size: [128, 128], objects: [2, 4], objectSize: [0.3, 0.5] },
  });
});
afterAll(() => {
  for (const path of [folder, model]) rmSync(path, { recursive: true });
});

/** What the command prints and its exit status, in this process alone and on two ranks. */
async function both(args: (name: string) => string[]) {
  const alone = await callFgdet(args('alone'));
  const shared = mpirun(2, fgdet, ...args('shared'));
  return { alone, shared };
}
const same = (name: (run: string) => string) =>
  expect(readFileSync(join(folder, name('shared')), 'utf8')).toBe(
    readFileSync(join(folder, name('alone')), 'utf8'),
  );

(mpiInstalled ? describe : describe.skip)('two processes do what one does:', () => {
  test('detect', async () => {
    const broken = join(folder, 'broken.png');
    writeFileSync(broken, 'no picture');
    const { alone, shared } = await both((name) => [
      ...['detect', join(folder, 'scenes/images'), broken, '-r', '--model', model],
      ...['-p', 'a cat', '-p', 'a red thing'],
      ...['--threshold', '0.05', '--json', '--output', join(folder, `detect-${name}`)],
    ]);
    const written = (out: string) => JSON.parse(out.replaceAll(/detect-(alone|shared)/g, 'detect'));
    // What they say first: it tells why there is no result.
    expect(shared.stderr).toMatch(/broken\.png: /);
    expect([alone.status, shared.status]).toEqual([1, 1]);
    expect(written(shared.stdout)).toEqual(written(alone.stdout));
    expect(written(alone.stdout)).toMatchObject({ failed: [{ image: broken }] });
    expect(written(alone.stdout).images).toHaveLength(3);
    expect(written(alone.stdout).images[2].detections.length).toBeGreaterThan(0);
    const stdin = mpirun(2, fgdet, 'detect', '-', '-p', 'a cat');
    expect(stdin.stderr).toMatch(/no standard input in common/);
  });

  test('evaluate', async () => {
    const scenes = join(folder, 'scenes');
    const all = JSON.parse(readFileSync(join(scenes, 'annotations.json'), 'utf8'));
    // Each of the 212 categories is a prompt; those that the pictures show are enough.
    const shown = new Set(all.annotations.map((one: { category_id: number }) => one.category_id));
    const categories = all.categories.filter(({ id }: { id: number }) => shown.has(id));
    const annotations = join(folder, 'shown.json');
    writeFileSync(annotations, JSON.stringify({ ...all, categories }));
    const found = {
      ...{ task: 'detection', annotations, images: scenes },
      ...{ protocol: 'coco', proposals: 'dense' },
    };
    const config = join(folder, 'evaluation.json');
    writeFileSync(config, JSON.stringify({ model, tasks: { found } }));
    const { alone, shared } = await both((name) => [
      ...['evaluate', config, '--output', join(folder, `evaluate-${name}`), '--json'],
    ]);
    expect(shared).toMatchObject({ status: 0, stdout: alone.stdout });
    for (const file of ['report.json', 'found/results.json'])
      same((run) => `evaluate-${run}/${file}`);
    const nowhere = mpirun(2, fgdet, 'evaluate', config);
    expect(nowhere.stderr).toMatch(/needs --output/);
  });

  test('prelabel', async () => {
    const { alone, shared } = await both((name) => [
      ...['prelabel', join(folder, 'scenes/images'), '-r', '--label', 'animal: a cat|a dog'],
      ...[
        '--model',
        model,
        '--threshold',
        '0.05',
        '--output',
        join(folder, `prelabel-${name}/labels.json`),
      ],
    ]);
    expect(alone.status).toBe(0);
    expect(shared).toMatchObject({ status: 0, stdout: alone.stdout });
    for (const file of ['labels.json', 'labels.prelabel/manifest.jsonl'])
      same((run) => `prelabel-${run}/${file}`);
  });

  test('data regions and negatives', async () => {
    const records = JSON.parse(readFileSync(join(folder, 'scenes/finehard.json'), 'utf8'));
    const captions = records.map((record: object) => ({ ...record, bbox_info: [] }));
    writeFileSync(join(folder, 'captions.json'), JSON.stringify(captions));
    const regions = await both((name) => [
      ...['data', 'regions', join(folder, 'captions.json'), '--images', join(folder, 'scenes')],
      ...['--model', model, '--confidence', '0.3', '--output', join(folder, `regions-${name}`)],
    ]);
    expect(regions.shared.status).toBe(0);
    same((run) => `regions-${run}/finehard.json`);
    const negatives = await both((name) => [
      ...['data', 'negatives', join(folder, `regions-${name}/finehard.json`)],
      ...['--output', join(folder, `negatives-${name}`)],
    ]);
    expect(negatives.alone.stderr).toMatch(/descriptions with negatives/);
    expect(negatives.shared.status).toBe(0);
    same((run) => `negatives-${run}/finehard.json`);
  });
});
