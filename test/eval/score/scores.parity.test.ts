import { join } from 'node:path';
import { readCategoryChoice } from '../../../datasets/categorySplit.js';
import type { LvisLimit } from '../../../eval/lvis/index.js';
import { scoreCoco } from '../../../eval/score/cocoScores.js';
import { scoreLvis } from '../../../eval/score/lvisScores.js';
import { scoreRecall } from '../../../eval/score/recallScores.js';
import { readScoredFiles } from '../../../eval/score/scoredFiles.js';
import { scoreSplit } from '../../../eval/score/splitScores.js';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { goldenFile, goldenJson } from '../../golden.js';

/** Results files and annotation files as they are, compressed. */
const filesOf = (...folder: string[]) =>
  readScoredFiles(goldenFile(...folder, 'gt.json.gz'), goldenFile(...folder, 'dt.json.gz'));

interface Expected {
  stats: Record<string, number>;
  perCategory: { id: number; AP: number; AP50: number }[];
}

const splitFile = (name: string) => join(packageRoot, 'configs/splits', `ov-coco-${name}.json`);

describe('scores of files', () => {
  test("are COCO's", async () => {
    const { stats, perCategory } = scoreCoco(await filesOf('coco-eval', 'mixed-bbox'));
    const expected = goldenJson<Expected>('coco-eval', 'mixed-bbox', 'expected-bbox.json');
    const { AR_maxDets0, AR_maxDets1, AR_maxDets2, ...rest } = expected.stats;
    const wanted = { ...rest, AR1: AR_maxDets0, AR10: AR_maxDets1, AR100: AR_maxDets2 };
    expect(Object.keys(stats).sort()).toEqual(Object.keys(wanted).sort());
    for (const [name, value] of Object.entries(wanted)) expect(stats[name]).toBeCloseTo(value, 12);
    expect(perCategory).toHaveLength(expected.perCategory.length);
    for (const { id, AP, AP50 } of expected.perCategory) {
      const found = perCategory.find((category) => category.id === id)!;
      expect(found.AP).toBeCloseTo(AP, 12);
      expect(found.AP50).toBeCloseTo(AP50, 12);
    }
  });

  test.each([
    ['dt', 'segm'],
    ['dt-with-bbox', 'with-bbox-segm'],
  ])("are COCO's of masks: %s", async (found, run) => {
    const path = (name: string) => goldenFile('coco-eval', 'mixed-segm', name);
    const files = await readScoredFiles(path('gt.json.gz'), path(`${found}.json.gz`), {
      masks: true,
    });
    const golden = goldenJson<Expected>('coco-eval', 'mixed-segm', `expected-${run}.json`);
    const wanted = Object.values(golden.stats);
    Object.values(scoreCoco(files).stats).forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i], 12);
    });
  });

  test.each<[string, LvisLimit]>([
    ['maxdets300', { perImage: 300 }],
    ['fixed-40', { perCategory: 40 }],
  ])("are LVIS's: %s", async (run, limit) => {
    const { stats, perCategory } = scoreLvis(await filesOf('lvis-eval', 'synthetic'), limit);
    const expected = goldenJson<Expected & { perCategory: { frequency: string }[] }>(
      ...['lvis-eval', 'synthetic', `expected-${run}.json`],
    );
    const wanted = Object.values(expected.stats);
    expect(Object.keys(stats).slice(0, 9)).toEqual(Object.keys(expected.stats).slice(0, 9));
    Object.values(stats).forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i], 12);
    });
    for (const { id, AP, frequency } of expected.perCategory) {
      const found = perCategory.find((category) => category.id === id)!;
      expect(found.AP).toBeCloseTo(AP, 12);
      expect(found.frequency).toBe(frequency);
    }
  });

  test("are OV-COCO's, with its split", async () => {
    const { split, stats } = scoreSplit(await filesOf('ov-splits'), {
      base: readCategoryChoice(splitFile('base')),
      novel: readCategoryChoice(splitFile('novel')),
    });
    const expected = goldenJson<Record<string, number> & Expected>(
      'ov-splits',
      'expected-mmdet.json',
    );
    expect(100 * split.base).toBeCloseTo(expected.base_ap50, 10);
    expect(100 * split.novel).toBeCloseTo(expected.novel_ap50, 10);
    expect(100 * split.all).toBeCloseTo(expected.all_ap50, 10);
    expect(stats.AP50).toBeCloseTo(expected.stats.AP50, 12);
  });

  test('are recalls of proposals, apart for base and novel objects', async () => {
    const files = await filesOf('coco-eval', 'proposals');
    const expected = goldenJson<Expected>(
      ...['coco-eval', 'proposals', 'expected-agnostic-100-300-1000.json'],
    );
    const { all } = scoreRecall(files);
    expect(all.AR100).toBeCloseTo(expected.stats.AR_maxDets0, 12);
    expect(all.AR300).toBeCloseTo(expected.stats.AR_maxDets1, 12);
    expect(all.AR1000).toBeCloseTo(expected.stats.AR_maxDets2, 12);
    const [first] = files.dataset.categories;
    const { base, novel, all: again } = scoreRecall(files, [first.name]);
    expect(again).toEqual(all);
    // Recall over all objects is the mean of the two, weighed by their numbers, but for objects that compete.
    const low = Math.min(base!.AR1000, novel!.AR1000);
    const high = Math.max(base!.AR1000, novel!.AR1000);
    expect(all.AR1000).toBeGreaterThan(low - 0.02);
    expect(all.AR1000).toBeLessThan(high + 0.02);
  });
});
