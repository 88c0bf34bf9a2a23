import { type FineHardRecord, parseFineHard, type RelativeBox } from '../../datasets/finehard.js';
import { createRandom } from '../../src/random.js';
import { parseTrainingConfig } from '../../training/config.js';
import { drawSample } from '../../training/sample.js';
import { tinyRecord } from './tinyRun.js';

const config = (changes: Record<string, unknown> = {}) =>
  parseTrainingConfig(
    {
      stage: 2,
      model: { initial: 'x' },
      data: [{ records: 'r', images: 'i' }],
      batch: 2,
      ...changes,
    },
    'test.json',
  );
const random = (seed: number) => createRandom(seed);

function recordOf(...boxes: RelativeBox[]): FineHardRecord {
  const described = boxes.map((box, i) => ({
    box,
    shortText: `short ${i}`,
    longText: `long ${i}`,
  }));
  return { image: 'a.png', longCaption: 'long', shortCaption: 'short', boxes: described };
}

describe('drawSample', () => {
  test('takes a random subset of the boxes, with either description', () => {
    const record = recordOf(
      ...Array.from({ length: 8 }, (_, i): RelativeBox => [i / 10, 0, i / 10 + 0.1, 1]),
    );
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const sample = drawSample(record, config(), random(seed));
      expect(sample.regions).toHaveLength(4);
      for (const { text, box } of sample.regions) {
        seen.add(text);
        expect(box[0]).toBeCloseTo(Number(text.at(-1)) / 10);
      }
    }
    expect(seen.size).toBe(16);
    expect(drawSample(record, config(), random(7))).toEqual(
      drawSample(record, config(), random(7)),
    );
  });

  test('brings hard negatives for as many regions as asked, the true description first', () => {
    const record = parseFineHard(tinyRecord(0), 'here');
    record.boxes.push({ ...record.boxes[0] });
    const sample = drawSample(record, config({ hardPerImage: 1 }), random(1));
    const hard = sample.regions.filter((region) => region.hardTexts);
    expect(hard).toHaveLength(1);
    expect(hard[0].hardTexts).toHaveLength(11);
    expect(hard[0].hardTexts?.[0]).toBe('red cat');
  });

  test('drops and counts boxes without area, and uses no boxes in stage 1', () => {
    const record = recordOf([0.5, 0.5, 0.5, 0.9], [1, 0, 1, 1], [0, 0, 1, 1]);
    const sample = drawSample(record, config(), random(1));
    expect(sample).toMatchObject({ droppedBoxes: 2, shortCaption: 'a photo of short' });
    expect(sample.regions).toHaveLength(1);
    expect(drawSample(record, config({ stage: 1 }), random(1)).regions).toEqual([]);
  });

  test('a crop and a flip move the boxes along', () => {
    const record = recordOf([0.4, 0.3, 0.6, 0.5]);
    const augmentation = { cropScale: 0.5, flip: true, colour: 0.1 };
    let flips = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { change, regions } = drawSample(record, config({ augmentation }), random(seed));
      const [left, top, right, bottom] = change.crop;
      expect(Math.min(left, top, 1 - right, 1 - bottom)).toBeGreaterThanOrEqual(-1e-12);
      expect((right - left) * (bottom - top)).toBeGreaterThan(0.49);
      for (const { box } of regions) {
        const [x1, x2] = change.flip ? [1 - box[2], 1 - box[0]] : [box[0], box[2]];
        const visible = [
          Math.max(0.4, left),
          Math.min(0.6, right),
          Math.max(0.3, top),
          Math.min(0.5, bottom),
        ];
        expect(left + x1 * (right - left)).toBeCloseTo(visible[0]);
        expect(left + x2 * (right - left)).toBeCloseTo(visible[1]);
        expect(top + box[1] * (bottom - top)).toBeCloseTo(visible[2]);
        expect(top + box[3] * (bottom - top)).toBeCloseTo(visible[3]);
      }
      if (change.flip) flips++;
    }
    expect(flips).toBeGreaterThan(30);
    expect(flips).toBeLessThan(70);
  });
});
