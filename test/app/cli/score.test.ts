import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-score-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const image = { width: 100, height: 100 };
const annotated = {
  images: [
    { id: 1, file_name: '1.jpg', ...image },
    { id: 2, file_name: '2.jpg', ...image },
  ],
  categories: [
    { id: 3, name: 'cat' },
    { id: 5, name: 'dog' },
  ],
  annotations: [
    { id: 1, image_id: 1, category_id: 3, bbox: [0, 0, 50, 50], area: 2500, iscrowd: 0 },
    { id: 2, image_id: 2, category_id: 5, bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 },
  ],
};
const gt = write('gt.json', annotated);
const lvisImage = { ...image, neg_category_ids: [], not_exhaustive_category_ids: [] };
const lvisGt = write('lvis.json', {
  ...annotated,
  images: annotated.images.map((listed) => ({ ...listed, ...lvisImage })),
  categories: [
    { id: 3, name: 'cat', frequency: 'f' },
    { id: 5, name: 'dog', frequency: 'r' },
  ],
});
const hit = { image_id: 1, category_id: 3, bbox: [0, 0, 50, 50], score: 0.9 };
const miss = { image_id: 2, category_id: 3, bbox: [10, 10, 20, 20], score: 0.95 };
const dt = write('dt.json', [hit, miss]);

const score = (...args: string[]) => callFgdet(['score', ...args]);

describe('fgdet score', () => {
  test('presence asks each picture for each category, at one threshold', async () => {
    const { status, stdout, stderr } = await score('presence', '--gt', gt, '--dt', dt);
    expect(status).toBe(0);
    expect(stderr).toContain('asked for something: 4. Boxes that score 0.5');
    // The cat is found where it is and where it is not, the dog is not found.
    expect(stdout).toMatch(/^cgF1 .*\nprecision +50\.0 +50\.0 +50\.0\nrecall +50\.0/m);
    expect(stdout).toMatch(/^IL_MCC +0\.0$/m);
    const json = JSON.parse(
      (
        await score(
          ...['presence', '--gt', gt, '--gt', gt, '--dt', dt, '--json', '--threshold', '0.99'],
          ...['--plots', join(folder, 'presence')],
        )
      ).stdout,
    );
    expect(json).toMatchObject({ recall: 0, IL_recall: 0, 'cgF1@0.5': 0 });
    expect((await sharp(join(folder, 'presence/presence.png')).metadata()).width).toBe(2000);
    const wrong = await score('presence', '--gt', gt, '--dt', dt, '--threshold', '7');
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('from 0 to 1') });
  });

  test('coco prints the familiar table, and each category on demand', () => {
    const { status, stdout } = runFgdet([
      ...['score', 'coco', '--gt', gt, '--dt', dt, '--per-category'],
    ]);
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    // The cat is found second: precision 1/2; the dog is not found.
    expect(lines.slice(0, 12)).toEqual([
      ' Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.250',
      ' Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.250',
      ' Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ] = 0.250',
      ' Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.000',
      ' Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000',
      ' Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] =-1.000',
      ' Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 0.500',
      ' Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 0.500',
      ' Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.500',
      ' Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.000',
      ' Average Recall     (AR) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000',
      ' Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] =-1.000',
    ]);
    expect(lines.slice(13, 16).map((line) => line.split(/ +/).filter(Boolean))).toEqual([
      ['id', 'category', 'AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR'],
      ['3', 'cat', '50.0', '50.0', '50.0', '-', '100.0', '-', '100.0'],
      ['5', 'dog', '0.0', '0.0', '0.0', '0.0', '-', '-', '0.0'],
    ]);
  });

  test('--json holds everything, --class-agnostic and --max-dets change what is scored', async () => {
    const options = ['--class-agnostic', '--max-dets', '1,2,100', '--json'];
    const { stdout } = await score('coco', '--gt', gt, '--dt', dt, ...options);
    const { stats, perCategory } = JSON.parse(stdout);
    expect(stats).toMatchObject({ AP: expect.closeTo(1), AR1: 1, AR2: 1, AR100: 1 });
    expect(perCategory).toMatchObject([{ id: -1, name: 'any', AR: 1 }]);
  });

  test('ov-coco takes another split, recall divides objects by one', async () => {
    const base = write('base.json', ['cat']);
    const novel = write('novel.json', ['dog']);
    const files = ['--gt', gt, '--dt', dt, '--base', base];
    const split = await score('ov-coco', ...files, '--novel', novel);
    expect(split.stdout).toMatch(/AP50 novel +base +all\n +0\.0 +50\.0 +25\.0\n/);
    const { all, novel: others } = JSON.parse((await score('recall', ...files, '--json')).stdout);
    expect(all).toEqual({ AR100: 1, AR300: 1, AR1000: 1 });
    expect(others).toEqual({ AR100: 1, AR300: 1, AR1000: 1 });
  });

  test('lvis prints thirteen lines and knows the fixed protocol', async () => {
    const files = ['--gt', lvisGt, '--dt', dt];
    const table = (await score('lvis', ...files)).stdout.trimEnd().split('\n');
    expect(table).toHaveLength(13);
    // The dog's picture was not searched for cats, so that the one found there does not count.
    expect(table[0]).toMatch(/maxDets=300 categories= {3}all \] = 0\.500$/);
    expect(table[6]).toMatch(/categories= {2}rare \] = 0\.000$/);
    expect(table[8]).toMatch(/categories=freq\. {2}\] = 1\.000$/);
    const fixed = await score('lvis', ...files, '--fixed-ap', '1', '--json');
    const { stats, perCategory } = JSON.parse(fixed.stdout);
    // The one box of the cat that may count is the better one, which is not judged.
    expect(stats).toMatchObject({ AP: 0, APr: 0, APf: 0, APc: -1 });
    expect(perCategory[0]).toMatchObject({ name: 'cat', frequency: 'f', AP: 0 });
  });

  test('--plots draws curves and bars', async () => {
    const plots = join(folder, 'plots');
    const { status } = await score('lvis', '--gt', lvisGt, '--dt', dt, '--plots', plots);
    expect(status).toBe(0);
    for (const name of ['precision-recall.png', 'categories.png']) {
      expect((await sharp(join(plots, name)).metadata()).width).toBe(2000);
    }
  });

  test('results of categories that are not listed are counted aloud', async () => {
    const stray = write('stray.json', [hit, { ...hit, category_id: 0 }]);
    const { status, stderr } = await score('coco', '--gt', gt, '--dt', stray);
    expect(status).toBe(0);
    expect(stderr).toMatch(/Not counted: 1 results of categories that .*gt\.json does not list/);
  });

  test("Ultralytics' predictions are found by file name, and --ids says whose ids count", async () => {
    const own = { category_id: 5, bbox: [10, 10, 20, 20], score: 0.9 };
    const named = { ...own, image_id: 2, file_name: '2.jpg' };
    const swapped = {
      ...annotated,
      images: annotated.images.map((listed) => ({ ...listed, file_name: `${3 - listed.id}.jpg` })),
    };
    const [truth, found] = [write('swapped.json', swapped), write('ul.json', [named])];
    const run = (...more: string[]) =>
      score('coco', '--gt', truth, '--dt', found, '--json', ...more);
    const byName = await run();
    expect(byName.stderr).toMatch(/found by file name.*image_id 2 is 2\.jpg/);
    expect(JSON.parse(byName.stdout).stats.AP).toBe(0);
    const byId = await run('--ids', 'coco');
    expect(byId.stderr).toBe('');
    expect(JSON.parse(byId.stdout).stats.AP).toBeCloseTo(0.5);
    expect((await run('--ids', 'voc')).status).toBe(2);
  });

  test('annotations of what is not listed are counted aloud', async () => {
    const fewer = write('fewer.json', { ...annotated, images: annotated.images.slice(0, 1) });
    const { stderr } = await score('coco', '--gt', fewer, '--dt', write('one.json', [hit]));
    expect(stderr).toContain(
      'annotations of pictures or categories that it does not list are not counted: 1.',
    );
  });

  test.each<[string, string, string[], number, RegExp]>([
    ['no protocol', '', [], 2, /Say by which protocol/],
    ['an unknown one', 'pascal', [], 2, /There is no command pascal/],
    ['a missing file', 'coco', ['--dt', 'none.json'], 1, /none\.json/],
    ['COCO for LVIS', 'lvis', [], 1, /gt\.json is not an LVIS .* category 3 has no frequency/],
    ['no number of boxes', 'lvis', ['--fixed-ap', '0'], 2, /--fixed-ap must be a number/],
    ['masks that are missing', 'coco', ['--masks'], 1, /annotations\[0\]\.segmentation is not one/],
    ['limits that fall', 'coco', ['--max-dets', '10,1'], 2, /--max-dets must be rising whole/],
    ['an unlisted picture', 'coco', ['--dt', 'away.json'], 1, /results\[1\] is about image 9/],
    ['a negative side', 'coco', ['--dt', 'negative.json'], 1, /results\[0\].*bbox\[2\]/s],
    ['a split of other names', 'ov-coco', [], 1, /gt\.json has no category "person/],
  ])('%s is told in a line', async (_, protocol, options, exit, message) => {
    write('away.json', [hit, { ...hit, image_id: 9 }]);
    write('negative.json', [{ ...hit, bbox: [0, 0, -1, 5] }]);
    const given = options.map((word) => (word.endsWith('.json') ? join(folder, word) : word));
    const files = given.includes('--dt') ? ['--gt', gt] : ['--gt', gt, '--dt', dt];
    const words = protocol === '' ? [] : [protocol, ...files, ...given];
    const { status, stderr } = await score(...words);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(exit);
  });
});
