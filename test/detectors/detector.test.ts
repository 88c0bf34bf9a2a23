import { describe, expect, test } from '@jest/globals';
import { boxIou, boxToXyxy, scaleBox, type Xyxy } from '../../detectors/boxes.js';
import { type Detection, Detector } from '../../detectors/detector.js';
import { parseDetectorSettings } from '../../detectors/settings.js';
import { FakeModel, type Planted } from './fakeModel.js';

const settings = parseDetectorSettings({ temperature: 30 });
const image = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 3) };
const detectorOf = (...planted: Planted[]) => new Detector(new FakeModel(planted), settings);

const cat: Planted = { phrase: 'red cat', box: [0.1, 0.15, 0.4, 0.6] };
const dog: Planted = { phrase: 'grey dog', box: [0.55, 0.3, 0.9, 0.85] };
const small: Planted = { phrase: 'blue ball', box: [0.45, 0.05, 0.55, 0.18] };

const overlap = (detection: Detection, box: Xyxy) =>
  boxIou(boxToXyxy(detection.box), scaleBox(box, image.width, image.height));

describe('detect', () => {
  test('finds what is asked for, where it is', async () => {
    const found = await detectorOf(cat, dog, small).detect(image, ['red cat', 'dog', 'ball']);
    expect(found.map(({ label }) => label).sort()).toEqual(['ball', 'dog', 'red cat']);
    const boxes: Record<string, Xyxy> = { 'red cat': cat.box, dog: dog.box, ball: small.box };
    for (const detection of found) {
      expect(detection.score).toBeGreaterThan(0.5);
      expect(overlap(detection, boxes[detection.label])).toBeGreaterThan(0.7);
    }
    expect(found.map(({ score }) => score)).toEqual(
      found.map(({ score }) => score).sort((a, b) => b - a),
    );
  });

  test('finds each of several', async () => {
    const other: Planted = { phrase: 'cat', box: [0.6, 0.5, 0.95, 0.95] };
    const found = await detectorOf(cat, other).detect(image, ['cat']);
    expect(found).toHaveLength(2);
  });

  test('absent things score low, and so does the wrong colour', async () => {
    const detector = detectorOf(cat, dog);
    const absent = await detector.detect(image, ['elephant', 'blue cat'], { threshold: 0 });
    for (const { score } of absent) expect(score).toBeLessThan(0.3);
    expect(await detector.detect(image, ['elephant', 'blue cat', 'zebra'])).toEqual([]);
  });

  test('a prompt’s result does not depend on the other prompts, to the bit', async () => {
    const prompts = ['cat', 'grey dog', 'red ball|blue ball', 'animal', 'wombat', 'thing'];
    const together = await detectorOf(cat, dog, small).detect(image, prompts, { threshold: 0.01 });
    expect(together.length).toBeGreaterThanOrEqual(3);
    for (const prompt of prompts) {
      const alone = await detectorOf(cat, dog, small).detect(image, [prompt], { threshold: 0.01 });
      const [label] = prompt.split('|');
      expect(together.filter((detection) => detection.label === label)).toEqual(alone);
    }
  });

  test('two phrasings are one label, without duplicates', async () => {
    const found = await detectorOf(cat).detect(image, ['kitten|red cat|cat']);
    expect(found.map(({ label }) => label)).toEqual(['kitten']);
  });

  test('negatives remove look-alikes', async () => {
    const detector = detectorOf(cat, dog);
    expect(await detector.detect(image, ['animal|dog|cat'])).toHaveLength(2);
    const kept = await detector.detect(image, ['animal|dog|cat'], { negatives: ['grey dog'] });
    expect(kept).toHaveLength(1);
    expect(overlap(kept[0], cat.box)).toBeGreaterThan(0.7);
  });

  test('boxes lie inside the picture, whatever its shape', async () => {
    const edge: Planted = { phrase: 'cat', box: [0.7, 0.6, 1, 1] };
    const tall = { width: 31, height: 211, data: new Uint8Array(31 * 211 * 3) };
    const detector = new Detector(new FakeModel([edge], true), settings);
    const [{ box }] = await detector.detect(tall, ['cat']);
    expect(box.xmax).toBe(31);
    expect(box.ymax).toBe(211);
    expect(boxIou(boxToXyxy(box), scaleBox(edge.box, 31, 211))).toBeGreaterThan(0.999);
    const dense = await detectorOf(edge).detect(tall, ['cat'], { threshold: 0.01 });
    for (const { box } of dense) {
      expect(Math.min(box.xmin, box.ymin)).toBeGreaterThanOrEqual(0);
      expect(box.xmax).toBeLessThanOrEqual(31);
      expect(box.ymax).toBeLessThanOrEqual(211);
    }
  });

  test('limits: threshold and number of boxes', async () => {
    const other: Planted = { phrase: 'cat', box: [0.6, 0.5, 0.95, 0.95] };
    const detector = detectorOf(cat, other);
    expect(await detector.detect(image, ['cat'], { maxDetections: 1 })).toHaveLength(1);
    expect(await detector.detect(image, ['wombat'], { threshold: 0.9 })).toEqual([]);
  });

  test('no prompts, no detections; an empty one is refused', async () => {
    expect(await detectorOf(cat).detect(image, [])).toEqual([]);
    await expect(detectorOf(cat).detect(image, [''])).rejects.toThrow(/empty/);
  });

  test('each prompt is embedded once', async () => {
    const model = new FakeModel([cat]);
    const detector = new Detector(model, settings);
    await detector.detect(image, ['cat', 'dog']);
    const calls = model.textCalls.length;
    await detector.detect(image, ['dog', 'cat']);
    expect(model.textCalls).toHaveLength(calls);
  });

  test('hundreds of prompts', async () => {
    const prompts = Array.from({ length: 200 }, (_, i) => `thing${i}`);
    const detector = new Detector(new FakeModel([cat]), { ...settings, scales: [1] });
    const found = await detector.detect(image, [...prompts, 'cat']);
    expect(found.filter(({ label }) => label === 'cat')).toHaveLength(1);
  });
});

test('an encoded picture answers several calls', async () => {
  const model = new FakeModel([cat]);
  const detector = new Detector(model, settings);
  const encoded = await detector.encode(image);
  expect(await detector.detect(encoded, ['cat'])).toEqual(await detector.detect(image, ['cat']));
  expect(model.encodedSizes).toHaveLength(4);
});

test('the heat map is high on the thing and low elsewhere', async () => {
  const { map, rows, columns } = await detectorOf(cat, dog).heatmap(image, 'cat');
  expect(map).toHaveLength(rows * columns);
  const at = (x: number, y: number) =>
    map[Math.floor(y * rows) * columns + Math.floor(x * columns)];
  expect(at(0.25, 0.4)).toBeGreaterThan(0.7);
  expect(at(0.7, 0.6)).toBeLessThan(0.1);
  expect(at(0.9, 0.05)).toBeLessThan(0.1);
});
