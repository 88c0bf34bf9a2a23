import {
  type AveragePrecisionOptions,
  measureAveragePrecision,
} from '../../../eval/detection/averagePrecision.js';
import { UserError } from '../../../src/errors.js';
import { dataset, picture, ToldDetector } from './dataset.js';

const cats = dataset(
  ['cat', 'alarm_clock', 'kite'],
  [
    picture(1, [
      [[0, 0, 50, 50], 0],
      [[50, 50, 90, 90], 1],
    ]),
    picture(2, [[[10, 10, 60, 60], 0]]),
  ],
);

const detector = new ToldDetector({
  '1.jpg': [
    [[0, 0, 50, 50], 'cat', 0.9],
    [[0, 0, 50, 25], 'cat', 0.5],
    [[50, 50, 90, 90], 'alarm clock', 0.2],
  ],
  '2.jpg': [[[50, 50, 90, 90], 'alarm clock', 0.7]],
});

async function measure(options: Partial<AveragePrecisionOptions> = {}) {
  const scored = await measureAveragePrecision(detector, cats, 'pictures', {
    ...{ protocol: { name: 'coco' }, threshold: 0.01, askForAbsent: false },
    ...options,
  });
  return scored!.measures;
}

describe('average precision over a data set', () => {
  test('is that of COCO, over the categories that have objects', async () => {
    const { AP, AP50, AR100, ...rest } = await measure();
    // Of the cats one of two is found, first: 51 of 101 recalls have precision 1. The alarm clock comes second.
    expect(AP50).toBeCloseTo((51 / 101 + 1 / 2) / 2, 9);
    expect(AP).toBeCloseTo(AP50, 9);
    expect(AR100).toBeCloseTo(0.75);
    expect(Object.keys(rest)).toHaveLength(9);
    expect(detector.asked.get('1.jpg')).toEqual(['cat', 'alarm clock']);
  });

  test('takes categories that no picture shows into account on demand', async () => {
    await measure({ askForAbsent: true });
    expect(detector.asked.get('1.jpg')).toEqual(['cat', 'alarm clock', 'kite']);
  });

  test('is divided into base and novel categories', async () => {
    const result = await measure({ protocol: { name: 'coco', base: ['cat', 'kite'] } });
    expect(result['base AP50']).toBeCloseTo(51 / 101, 9);
    expect(result['novel AP50']).toBeCloseTo(1 / 2, 9);
    expect(result['base AP']).toBeCloseTo(51 / 101, 9);
  });

  test('tells how far it is', async () => {
    const told: number[][] = [];
    await measure({ onProgress: (...progress: number[]) => told.push(progress) });
    expect(told).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
  });

  test('names a category that is there twice, and one that the split has alone', async () => {
    const twice = dataset(['a_b', 'a b'], [picture(1, [[[0, 0, 9, 9], 0]])]);
    await expect(
      measureAveragePrecision(detector, twice, '', { protocol: { name: 'coco' } }),
    ).rejects.toThrow('annotations.json has two categories named "a b"');
    await expect(measure({ protocol: { name: 'coco', base: ['cow'] } })).rejects.toThrow(UserError);
  });
});
