import { type Calibration, calibrate } from '../../../detectors/calibration.js';
import type { DetectorSettings } from '../../../detectors/settings.js';
import { measureScoreTrust } from '../../../eval/detection/scoreTrust.js';
import { dataset, picture, ToldDetector } from './dataset.js';

const names = ['cat', 'dog', 'kite', 'boat', 'cup'];
const things = dataset(names, [
  picture(1, [
    [[0, 0, 50, 50], 0],
    [[50, 50, 90, 90], 0],
  ]),
  picture(2, [[[10, 10, 60, 60], 1]]),
]);

class Trusted extends ToldDetector {
  readonly settings = { threshold: 0.5 } as DetectorSettings;
  readonly calibration: Calibration | undefined;
  readonly exampleCalibration: Calibration | undefined;

  constructor(
    found: ToldDetector['found'],
    ...[calibration, exampleCalibration]: (Calibration | undefined)[]
  ) {
    super(found);
    this.calibration = calibration;
    this.exampleCalibration = exampleCalibration;
  }
}

const found: ToldDetector['found'] = {
  '1.jpg': [
    [[0, 0, 50, 50], 'cat', 0.85],
    [[0, 0, 49, 50], 'cat', 0.65],
    [[0, 0, 50, 50], 'kite', 0.6],
    [[0, 0, 50, 50], 'cup', 0.3],
    [[0, 0, 50, 50], 'boat', 0.05],
  ],
  '2.jpg': [[[10, 10, 60, 60], 'dog', 0.55]],
};
const detector = new Trusted(found);

describe('trust in scores', () => {
  test('is measured on what is there and what is not', async () => {
    const { measures, bins } = (await measureScoreTrust(detector, things, '', {
      ...{ absent: 4, least: 0.1 },
    }))!;
    // Four absent things each: eight prompts, and the kite alone passes the threshold.
    expect(measures['false boxes per absent prompt']).toBe(1 / 8);
    expect(measures.precision).toBe(2 / 4);
    expect(measures.recall).toBeCloseTo(2 / 3);
    expect(measures).toMatchObject({ threshold: 0.5, count: 2 });
    expect(bins).toEqual([
      { score: 0.3, precision: 0, count: 1 },
      { score: 0.55, precision: 1, count: 1 },
      { score: 0.625, precision: 0, count: 2 },
      { score: 0.85, precision: 1, count: 1 },
    ]);
    expect(measures['calibration error']).toBeCloseTo((0.3 + 0.45 + 2 * 0.625 + 0.15) / 5);
    // Two right ones among four, of three; the lowest score, 0.3, is best left out.
    expect(measures['best threshold']).toBe(0.31);
    expect(measures['best F1']).toBeCloseTo((2 * 2) / (4 + 3));
  });

  test('fits what would replace the present calibration', async () => {
    const present = { slope: 2, offset: 0.5 };
    const options = { absent: 4, least: 0.1 };
    const plain = (await measureScoreTrust(detector, things, '', options))!.measures;
    const calibrated = new Trusted(found, present);
    const { measures } = (await measureScoreTrust(calibrated, things, '', options))!;
    expect(plain['fitted slope']).toBeGreaterThan(0);
    expect(measures['fitted slope']).toBeCloseTo(2 * plain['fitted slope'], 9);
    expect(measures['fitted offset']).toBeCloseTo(
      0.5 * plain['fitted slope'] + plain['fitted offset'],
      9,
    );
    const fit = { slope: plain['fitted slope'], offset: plain['fitted offset'] };
    expect(plain['fitted threshold']).toBeCloseTo(calibrate(0.31, fit), 9);
  });

  test('asks for the same absent things every time, and never for more than there are', async () => {
    const askedOf = async (absent: number) => {
      await measureScoreTrust(detector, things, '', { absent, least: 0.1 });
      return [...detector.asked].map(([, prompts]) => [...prompts]);
    };
    const [first, again, all] = [await askedOf(2), await askedOf(2), await askedOf(99)];
    expect(again).toEqual(first);
    expect(first.map(([present]) => present)).toEqual(['cat', 'dog']);
    expect(first.map((prompts) => prompts.length)).toEqual([3, 3]);
    for (const prompts of all) expect(prompts.sort()).toEqual([...names].sort());
  });
});
