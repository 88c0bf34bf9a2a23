import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  averagePrecision,
  averageRecall,
  detectionMasksOf,
  detectionsOf,
  type Evaluation,
  objectMasksOf,
  type ResultEntry,
} from '../../../eval/coco/index.js';
import {
  evaluateLvis,
  evaluateLvisMasks,
  type LvisAnnotationFile,
  type LvisGroundTruth,
  type LvisLimit,
  lvisGroundTruthOf,
  summarizeLvis,
} from '../../../eval/lvis/index.js';
import { expectWithin, goldenFolder, goldenJson, largestDifferenceOfLists } from '../../golden.js';

interface GoldenTable {
  shape: number[];
  data: number[];
}

/** What lvis-api computes. */
interface GoldenResult {
  stats: Record<string, number>;
  perCategory: ({ id: number } & Record<string, number | string>)[];
  arrays?: { precision: GoldenTable; recall: GoldenTable };
}

interface Case {
  gt: LvisAnnotationFile;
  dt: ResultEntry[];
}

const allowed = 1e-12;

describe('one rule at a time', () => {
  type Rule = Case & { name: string; maxDets: number; expected: GoldenResult };
  const rules = goldenJson<Rule[]>('lvis-eval', 'rules.json.gz');
  test.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
    const perImage = rule.maxDets < 0 ? Infinity : rule.maxDets;
    if (name === 'gt-id-zero-quirk') {
      // An object counts as found whatever its id is; lvis-api takes 0 for none.
      expect(averagePrecision(evaluate(rule, { perImage }))).toBeCloseTo(1, 12);
    } else expectParity(`rules/${name}`, rule, { perImage }, rule.expected);
  });
});

describe('80 made-up pictures', () => {
  const gt = goldenJson<Case['gt']>('lvis-eval', 'synthetic', 'gt.json.gz');
  const dt = goldenJson<Case['dt']>('lvis-eval', 'synthetic', 'dt.json.gz');
  test.each<[string, LvisLimit]>([
    ['maxdets300', { perImage: 300 }],
    ['maxdets100', { perImage: 100 }],
    ['no-cap', { perImage: Infinity }],
    ['fixed-10000', { perCategory: 10_000 }],
    ['fixed-40', { perCategory: 40 }],
    ['fixed-10', { perCategory: 10 }],
  ])('%s', (run, limit) => {
    const expected = goldenJson<GoldenResult>('lvis-eval', 'synthetic', `expected-${run}.json`);
    const path = ['lvis-eval', 'synthetic', `arrays-${run}.json.gz`];
    const arrays = existsSync(join(goldenFolder, ...path))
      ? goldenJson<NonNullable<GoldenResult['arrays']>>(...path)
      : undefined;
    expectParity(`synthetic/${run}`, { gt, dt }, limit, { ...expected, arrays });
  });
});

const real = ['lvis-eval', 'real-val-100'];
const testReal = existsSync(join(goldenFolder, ...real)) ? test : test.skip;
testReal('100 pictures of LVIS', () => {
  const gt = goldenJson<Case['gt']>(...real, 'gt.json.gz');
  const dt = goldenJson<Case['dt']>(...real, 'dt-bbox.json.gz');
  const expected = goldenJson<GoldenResult>(...real, 'expected-bbox.json');
  expectParity('real-val-100', { gt, dt }, { perImage: 300 }, expected);
});

testReal('masks on 100 pictures of LVIS', () => {
  const gt = goldenJson<Case['gt']>(...real, 'gt.json.gz');
  const dt = goldenJson<Case['dt']>(...real, 'dt-segm.json.gz');
  const expected = goldenJson<GoldenResult>(...real, 'expected-segm.json');
  const truth = { ...lvisGroundTruthOf(gt), ...objectMasksOf(gt) };
  const found = { ...detectionsOf(dt), ...detectionMasksOf(dt, gt.images) };
  const evaluation = evaluateLvisMasks(truth, found);
  expectEqual('real-val-100 masks', evaluation, truth, expected);
});

test('a detection on a picture that is not listed is an error', () => {
  const gt = goldenJson<Case['gt']>('lvis-eval', 'synthetic', 'gt.json.gz');
  const stray = { image_id: -5, category_id: 1, bbox: [0, 0, 1, 1], score: 1 };
  expect(() => evaluate({ gt, dt: [stray] })).toThrow(/Detection 0 is on image -5/);
});

function evaluate({ gt, dt }: Case, limit?: LvisLimit): Evaluation {
  return evaluateLvis(lvisGroundTruthOf(gt), detectionsOf(dt), limit);
}

/** Evaluates a case and compares all that its golden has. */
function expectParity(name: string, input: Case, limit: LvisLimit, expected: GoldenResult): void {
  expectEqual(name, evaluate(input, limit), lvisGroundTruthOf(input.gt), expected);
}

function expectEqual(
  name: string,
  evaluation: Evaluation,
  truth: LvisGroundTruth,
  expected: GoldenResult,
): void {
  const summary = summarizeLvis(evaluation, truth);
  const wanted = Object.values(expected.stats);
  expectWithin(
    `lvis-eval/${name}`,
    'summary',
    largestDifferenceOfLists(Object.values(summary), wanted),
    allowed,
  );
  const placeOf = new Map(evaluation.categoryIds.map((id, place) => [id, place]));
  const areas: Record<string, string> = { APs: 'small', APm: 'medium', APl: 'large' };
  const ious: Record<string, number> = { AP50: 0.5, AP75: 0.75 };
  let difference = 0;
  for (const { id, ...values } of expected.perCategory) {
    for (const [measure, value] of Object.entries(values)) {
      if (typeof value !== 'number') continue;
      const categories = [placeOf.get(id)!];
      const mean = measure === 'AR' ? averageRecall : averagePrecision;
      const own = mean(evaluation, { categories, iou: ious[measure], area: areas[measure] });
      difference = Math.max(difference, Math.abs(own - value));
    }
  }
  expectWithin(`lvis-eval/${name}`, 'categories', difference, allowed);
  for (const table of ['precision', 'recall'] as const) {
    const golden = expected.arrays?.[table];
    if (!golden) continue;
    expect(evaluation[table].shape.slice(0, -1)).toEqual(golden.shape);
    const error = largestDifferenceOfLists(evaluation[table].data, golden.data);
    expectWithin(`lvis-eval/${name}`, table, error, allowed);
  }
}
