import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  averagePrecision,
  averageRecall,
  type CategoryMatches,
  cocoParameters,
  detectionMasksOf,
  detectionsOf,
  type Evaluation,
  evaluateBoxes,
  evaluateMasks,
  groundTruthOf,
  objectMasksOf,
  summarize,
} from '../../../eval/coco/index.js';
import { expectWithin, goldenFolder, largestDifferenceOfLists } from '../../golden.js';
import {
  type GoldenArrays,
  type GoldenInput,
  type GoldenMatches,
  type GoldenResult,
  parametersOf,
  readGolden,
} from './goldenCase.js';

const allowed = 1e-12;

test('the settings that are ours when none are given are those of pycocotools', () => {
  const { params } = readGolden<GoldenResult>('hand', 'expected-bbox.json');
  const { imageIds, categoryIds, ...rest } = parametersOf(params);
  expect(cocoParameters).toEqual(rest);
});

describe('the case checked by hand', () => {
  const gt = readGolden<GoldenInput['gt']>('hand', 'gt.json');
  const dt = readGolden<GoldenInput['dt']>('hand', 'dt.json');
  const expected = readGolden<GoldenResult>('hand', 'expected-bbox.json');
  test('equals pycocotools', () => expectParity('hand', { gt, dt }, expected));

  test('equals the sums in the README', () => {
    const { AP, AP50 } = summarize(evaluateBoxes(groundTruthOf(gt), detectionsOf(dt)));
    expect(AP50).toBeCloseTo((51 + (50 * 2) / 3) / 101, 12);
    expect(AP).toBeCloseTo((6 * ((51 + (50 * 2) / 3) / 101) + (4 * 51) / 101) / 10, 12);
  });
});

describe('one rule at a time', () => {
  type Rule = GoldenInput & { name: string; description: string; expected: GoldenResult };
  const rules = readGolden<Rule[]>('rules.json.gz');
  test.each(rules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
    if (name === 'gt-id-zero-quirk') {
      // An object counts as found whatever its id is; pycocotools takes 0 for none.
      const { AP, AR100 } = summarize(evaluateBoxes(groundTruthOf(rule.gt), detectionsOf(rule.dt)));
      expect(AP).toBeCloseTo(1, 12);
      expect(AR100).toBe(1);
    } else expectParity(`rules/${name}`, rule, rule.expected);
  });
});

describe.each([
  ['mixed-bbox', ['bbox', 'maxdets-100-300-1000', 'agnostic', 'subset', 'no-detections']],
  ['proposals', ['agnostic-1-10-100', 'agnostic-100-300-1000', 'classes-100-300-1000']],
])('%s', (folder, runs) => {
  const gt = readGolden<GoldenInput['gt']>(folder, 'gt.json.gz');
  const dt = readGolden<GoldenInput['dt']>(folder, 'dt.json.gz');
  test.each(runs)('%s', (run) => {
    const expected = readGolden<GoldenResult>(folder, `expected-${run}.json`);
    const arrays = existsSync(join(goldenFolder, 'coco-eval', folder, `arrays-${run}.json.gz`))
      ? readGolden<GoldenArrays>(folder, `arrays-${run}.json.gz`)
      : undefined;
    const found = run === 'no-detections' ? [] : dt;
    expectParity(`${folder}/${run}`, { gt, dt: found }, { ...expected, arrays });
  });
});

const real = 'real-val2014-100';
const testReal = existsSync(join(goldenFolder, 'coco-eval', real)) ? test : test.skip;
testReal('100 pictures of COCO', () => {
  const gt = readGolden<GoldenInput['gt']>(real, 'gt.json.gz');
  const dt = readGolden<GoldenInput['dt']>(real, 'dt-bbox.json.gz');
  expectParity(real, { gt, dt }, readGolden<GoldenResult>(real, 'expected-bbox.json'));
});

describe('masks', () => {
  test.each([
    ['segm', 'dt'],
    ['bbox', 'dt'],
    ['with-bbox-segm', 'dt-with-bbox'],
    ['with-bbox-bbox', 'dt-with-bbox'],
  ])('mixed-segm %s', (run, found) => {
    const gt = readGolden<GoldenInput['gt']>('mixed-segm', 'gt.json.gz');
    const dt = readGolden<GoldenInput['dt']>('mixed-segm', `${found}.json.gz`);
    const expected = readGolden<GoldenResult>('mixed-segm', `expected-${run}.json`);
    const arrays = existsSync(join(goldenFolder, 'coco-eval/mixed-segm', `arrays-${run}.json.gz`))
      ? readGolden<GoldenArrays>('mixed-segm', `arrays-${run}.json.gz`)
      : undefined;
    expectParity(`mixed-segm/${run}`, { gt, dt }, { ...expected, arrays });
  });

  testReal('100 pictures of COCO', () => {
    const gt = readGolden<GoldenInput['gt']>(real, 'gt.json.gz');
    const dt = readGolden<GoldenInput['dt']>(real, 'dt-segm.json.gz');
    expectParity(`${real} masks`, { gt, dt }, readGolden(real, 'expected-segm.json'));
  });
});

/** Evaluates a case and compares all that its golden has. */
function expectParity(name: string, { gt, dt }: GoldenInput, expected: GoldenResult): void {
  const parameters = parametersOf(expected.params);
  const all: CategoryMatches[] = [];
  const keep = (matches: CategoryMatches) => all.push(matches);
  const [truth, found] = [groundTruthOf(gt), detectionsOf(dt)];
  const evaluation =
    expected.params.iouType === 'segm'
      ? evaluateMasks(
          { ...truth, ...objectMasksOf(gt) },
          { ...found, ...detectionMasksOf(dt, gt.images) },
          parameters,
          keep,
        )
      : evaluateBoxes(truth, found, parameters, keep);
  expect(evaluation.precision.shape).toEqual(expected.counts);
  expectStatistics(name, evaluation, expected);
  expectCategories(name, evaluation, expected);
  if (expected.arrays) expectArrays(name, evaluation, expected.arrays);
  if (expected.evalImgs) {
    expect(matchesByPicture(all, { gt, dt }, expected)).toEqual(expected.evalImgs);
    expectObjects(all, expected.evalImgs, parameters.areaRanges);
  }
}

function expectStatistics(name: string, evaluation: Evaluation, { stats }: GoldenResult): void {
  if (!stats) return;
  const summary = Object.values(summarize(evaluation));
  const expected = Object.values(stats);
  expect(summary).toHaveLength(expected.length);
  expectWithin(
    `coco-eval/${name}`,
    'summary',
    largestDifferenceOfLists(summary, expected),
    allowed,
  );
}

const labels: Record<string, string> = { APs: 'small', APm: 'medium', APl: 'large' };

function expectCategories(name: string, evaluation: Evaluation, expected: GoldenResult): void {
  const measured: number[] = [];
  const wanted: number[] = [];
  expect(evaluation.categoryIds).toEqual(expected.perCategory.map(({ id }) => id));
  expected.perCategory.forEach(({ id: _, name: _name, ...means }, place) => {
    const categories = [place];
    for (const [key, value] of Object.entries(means)) {
      const iou = key === 'AP50' ? 0.5 : key === 'AP75' ? 0.75 : undefined;
      const selection = { categories, iou, area: labels[key] };
      measured.push(
        key === 'AR'
          ? averageRecall(evaluation, selection)
          : averagePrecision(evaluation, selection),
      );
      wanted.push(value as number);
    }
  });
  expectWithin(
    `coco-eval/${name}`,
    'categories',
    largestDifferenceOfLists(measured, wanted),
    allowed,
  );
}

function expectArrays(name: string, evaluation: Evaluation, arrays: GoldenArrays): void {
  for (const table of ['precision', 'recall', 'scores'] as const) {
    expect(evaluation[table].shape).toEqual(arrays[table].shape);
    const difference = largestDifferenceOfLists(evaluation[table].data, arrays[table].data);
    expectWithin(`coco-eval/${name}`, table, difference, allowed);
  }
}

/** Objects to find, which the golden has picture by picture. */
function expectObjects(
  all: readonly CategoryMatches[],
  golden: readonly GoldenMatches[],
  areaRanges: readonly { least: number; most: number }[],
): void {
  for (const { categoryId, objects } of all) {
    const counts = areaRanges.map(({ least, most }) =>
      golden
        .filter(
          ({ category_id, aRng }) => category_id === categoryId && `${aRng}` === `${[least, most]}`,
        )
        .reduce((sum, { gtIgnore }) => sum + gtIgnore.filter((ignore) => ignore === 0).length, 0),
    );
    expect([...objects]).toEqual(counts);
  }
}

/** Our matches in the form of the golden, for the pictures and categories that it has; objects as it has them. */
function matchesByPicture(
  all: readonly CategoryMatches[],
  { gt, dt }: GoldenInput,
  { evalImgs, params }: GoldenResult,
): GoldenMatches[] {
  return evalImgs!.map(({ image_id, category_id, aRng, gtIds, ...golden }) => {
    const matches = all.find(({ categoryId }) => categoryId === category_id)!;
    const area = params.areaRng.findIndex((range) => `${range}` === `${aRng}`);
    const places = [...matches.rows.keys()].filter(
      (place) => dt[matches.rows[place]].image_id === image_id,
    );
    const entries = params.iouThrs.map((_, t) =>
      places.map((place) => (area * params.iouThrs.length + t) * matches.count + place),
    );
    const dtIds = places.map((place) => matches.rows[place] + 1);
    const dtMatches = entries.map((row) =>
      row.map((entry) => gt.annotations[matches.matched[entry]]?.id ?? 0),
    );
    return {
      ...golden,
      image_id,
      category_id,
      aRng,
      gtIds,
      dtIds,
      dtScores: places.map((place) => dt[matches.rows[place]].score),
      dtMatches,
      dtIgnore: entries.map((row) => row.map((entry) => matches.ignored[entry])),
      // A crowd that is taken several times keeps the last detection.
      gtMatches: dtMatches.map((row) => gtIds.map((id) => dtIds[row.lastIndexOf(id)] ?? 0)),
    };
  });
}
