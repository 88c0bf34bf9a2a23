import { calibrate } from '../../detectors/calibration.js';
import type { Detection, DetectOptions } from '../../detectors/detector.js';
import type { ProposalRequest, ProposalSource } from '../../detectors/proposals/source.js';
import { parseDetectorSettings } from '../../detectors/settings.js';
import { boxIou, boxToXyxy, scaleBox, type Xyxy } from '../../src/geometry/boxes.js';
import { contrastDetector } from './contrastDetector.js';
import { FakeModel, type Planted } from './fakeModel.js';

/** At one scale, which takes a third of the time. */
const settings = parseDetectorSettings({ temperature: 30, scales: [1] });
const twoScales = parseDetectorSettings({ temperature: 30 });
const image = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 3) };
const detectorOf = (...planted: Planted[]) => contrastDetector(new FakeModel(planted), settings);

const cat: Planted = { phrase: 'red cat', box: [0.1, 0.15, 0.4, 0.6] };
const dog: Planted = { phrase: 'grey dog', box: [0.55, 0.3, 0.9, 0.85] };
const small: Planted = { phrase: 'blue ball', box: [0.45, 0.05, 0.55, 0.18] };

const overlap = (detection: Detection, box: Xyxy) =>
  boxIou(boxToXyxy(detection.box), scaleBox(box, image.width, image.height));

describe('detect', () => {
  test('finds what is asked for, where it is', async () => {
    const detector = contrastDetector(new FakeModel([cat, dog, small]), twoScales);
    const found = await detector.detect(image, ['red cat', 'dog', 'ball']);
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

  test('a label can have another name than its phrasings', async () => {
    const prompts = [{ label: 'Pet', phrasings: ['kitten', ' red  cat '] }, 'red cat'];
    const found = await detectorOf(cat).detect(image, prompts, { thresholds: { Pet: 0.2 } });
    expect(found.map(({ label }) => label).sort()).toEqual(['Pet', 'red cat']);
  });

  test('a region is told what it looks like', async () => {
    const detector = detectorOf(cat, dog);
    const encoded = await detector.encode(image);
    const [xmin, ymin, xmax, ymax] = scaleBox(dog.box, image.width, image.height);
    const found = await detector.lookAlikes(encoded, { xmin, ymin, xmax, ymax }, 3);
    expect(found).toHaveLength(3);
    expect(found[0].name).toBe('dog');
    expect(found[0].probability).toBeGreaterThan(found[1].probability);
    const all = await detector.lookAlikes(encoded, { xmin, ymin, xmax, ymax }, 10_000);
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
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
    const detector = contrastDetector(new FakeModel([edge], true), settings);
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
    const detector = contrastDetector(model, settings);
    await detector.detect(image, ['cat', 'dog']);
    const calls = model.textCalls.length;
    await detector.detect(image, ['dog', 'cat']);
    expect(model.textCalls).toHaveLength(calls);
  });

  test('hundreds of prompts', async () => {
    const prompts = Array.from({ length: 200 }, (_, i) => `thing${i}`);
    const detector = contrastDetector(new FakeModel([cat]), { ...settings, scales: [1] });
    const found = await detector.detect(image, [...prompts, 'cat']);
    expect(found.filter(({ label }) => label === 'cat')).toHaveLength(1);
  });
});

test('an encoded picture answers several calls', async () => {
  const model = new FakeModel([cat]);
  const detector = contrastDetector(model, twoScales);
  const encoded = await detector.encode(image);
  expect(await detector.detect(encoded, ['cat'])).toEqual(await detector.detect(image, ['cat']));
  expect(model.encodedSizes).toHaveLength(4);
});

test('many texts of a prompt are encoded in pieces; who gives up between them takes nothing from others', async () => {
  const model = new FakeModel([cat]);
  const detector = contrastDetector(model, settings);
  await detector.prepare([]);
  const prompt = { label: 'a', phrasings: Array.from({ length: 100 }, (_, i) => `red cat ${i}`) };
  const before = model.textCalls.length;
  let pieces = 0;
  const givenUp = detector.understand([prompt], [], async (piece) => {
    if (++pieces > 2) throw new Error('gone');
    return piece();
  });
  const waiting = detector.understand([prompt]);
  await expect(givenUp).rejects.toThrow('gone');
  expect(pieces).toBe(3);
  const fresh = contrastDetector(new FakeModel([cat]), settings);
  expect((await waiting).queries).toEqual((await fresh.understand([prompt])).queries);
  expect(Math.max(...model.textCalls.slice(before).map((texts) => texts.length))).toBeLessThan(50);
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

describe('with a proposal network', () => {
  const withNetwork = (...planted: Planted[]) =>
    contrastDetector(new FakeModel(planted, true), settings);

  test('boxes are the network’s, and absent things are not found', async () => {
    const found = await withNetwork(cat, dog, small).detect(image, ['red cat', 'dog', 'elephant']);
    expect(found.map(({ label }) => label).sort()).toEqual(['dog', 'red cat']);
    for (const detection of found) {
      expect(overlap(detection, detection.label === 'dog' ? dog.box : cat.box)).toBeGreaterThan(
        0.98,
      );
    }
  });

  test('a prompt’s result does not depend on the other prompts, to the bit', async () => {
    const prompts = ['cat', 'grey dog', 'red ball|blue ball', 'animal', 'wombat', 'thing'];
    const options = { threshold: 0.01 };
    const together = await withNetwork(cat, dog, small).detect(image, prompts, options);
    expect(together.length).toBeGreaterThanOrEqual(3);
    for (const prompt of prompts) {
      const alone = await withNetwork(cat, dog, small).detect(image, [prompt], options);
      const [label] = prompt.split('|');
      expect(together.filter((detection) => detection.label === label)).toEqual(alone);
    }
  });

  test('dense proposals can be asked for; a network that is not there cannot', async () => {
    const dense = contrastDetector(new FakeModel([cat], true), settings, 'dense');
    expect((await dense.detect(image, ['cat']))[0].box).not.toEqual(
      (await withNetwork(cat).detect(image, ['cat']))[0].box,
    );
    expect(() => contrastDetector(new FakeModel([cat]), settings, 'network')).toThrow(
      /no proposal network/,
    );
  });

  test('a calibration changes scores, not what is found, and is the network’s alone', async () => {
    const calibration = { network: { slope: 2, offset: -0.7 } };
    const prompts = ['cat', 'grey dog', 'animal'];
    const detector = (source: 'network' | 'dense', own = settings) =>
      contrastDetector(new FakeModel([cat, dog, small], true), own, source);
    const calibrated = detector('network', { ...settings, calibration });
    const raw = await detector('network').detect(image, prompts, { threshold: 0.01 });
    const found = await calibrated.detect(image, prompts, { threshold: 0 });
    expect(raw.length).toBeGreaterThan(1);
    const expected = raw.map((detection) => ({
      ...detection,
      score: expect.closeTo(calibrate(detection.score, calibration.network), 9),
    }));
    expect(found.slice(0, raw.length)).toEqual(expected);
    const least = { threshold: found[1].score };
    expect(await calibrated.detect(image, prompts, least)).toEqual(found.slice(0, 2));
    expect(await detector('dense', { ...settings, calibration }).detect(image, prompts)).toEqual(
      await detector('dense').detect(image, prompts),
    );
  });

  test('limits across labels, thresholds of single labels', async () => {
    const detector = withNetwork(cat, dog);
    const prompts = ['cat', 'animal|red cat', 'dog'];
    const labels = async (options: DetectOptions) =>
      (await detector.detect(image, prompts, options)).map(({ label }) => label).sort();
    expect(await labels({})).toEqual(['animal', 'cat', 'dog']);
    expect(await labels({ acrossLabels: 0.7 })).toHaveLength(2);
    expect(await labels({ maxPerImage: 1 })).toHaveLength(1);
    expect(await labels({ thresholds: { dog: 1 } })).toEqual(['animal', 'cat']);
    await expect(labels({ thresholds: { dgo: 1 } })).rejects.toThrow(/dgo/);
  });
});

test('regions of one’s own are classified, and know the picture’s name', async () => {
  const asked: (string | undefined)[] = [];
  const source: ProposalSource = {
    async propose({ name, image: { width, height } }) {
      asked.push(name);
      return [cat, dog].map(({ box }) => ({ box: scaleBox(box, width, height), quality: 1 }));
    },
  };
  const detector = contrastDetector(new FakeModel([cat, dog]), settings, source);
  const [found, ...others] = await detector.detect(image, ['dog'], { name: 'shots/7.jpg' });
  expect(others).toEqual([]);
  expect(overlap(found, dog.box)).toBeGreaterThan(0.999);
  expect(asked).toEqual(['shots/7.jpg']);
});

test('sources are told where a tile lies, and only their best regions are looked at', async () => {
  const places: ProposalRequest['tile'][] = [];
  const source: ProposalSource = {
    propose: async ({ image: { width, height }, tile }) => {
      places.push(tile);
      const whole: Xyxy = [0, 0, width, height];
      return [0.1, 0.9, 0.5].map((quality) => ({ box: whole, quality }));
    },
  };
  const detector = contrastDetector(new FakeModel([cat]), { ...settings, maxProposals: 2 }, source);
  const { parts } = await detector.encode(image, { tiles: { size: 480, overlap: 0.5 } });
  const picture = { width: 640, height: 480 };
  expect(places).toEqual([
    undefined,
    { rect: [0, 0, 480, 480], picture },
    { rect: [160, 0, 640, 480], picture },
  ]);
  for (const { seen } of parts) {
    expect(seen.regions!.map(({ quality }) => quality)).toEqual([0.9, 0.5]);
  }
});

test('a source that wants the prompts is asked anew with them, in all their phrasings', async () => {
  const asked: ProposalRequest['prompts'][] = [];
  const source: ProposalSource = {
    wantsPrompts: true,
    async propose({ prompts, image: { width, height } }) {
      asked.push(prompts);
      const wanted = prompts?.includes('dog') ? [cat, dog] : [cat];
      return wanted.map(({ box }) => ({ box: scaleBox(box, width, height), quality: 1 }));
    },
  };
  const detector = contrastDetector(new FakeModel([cat, dog]), settings, source);
  const encoded = await detector.encode(image);
  expect(asked).toEqual([]);
  const [found, ...others] = await detector.detect(encoded, ['dog', 'sofa|couch']);
  expect(others).toEqual([]);
  expect(overlap(found, dog.box)).toBeGreaterThan(0.999);
  expect(await detector.detect(encoded, ['cat'])).toHaveLength(1);
  expect(asked).toEqual([['dog', 'sofa', 'couch'], ['cat']]);
});

test('pictures one after the other, as they come; a bad one fails in its turn', async () => {
  const detector = contrastDetector(new FakeModel([cat], true), settings);
  async function* pictures() {
    yield image;
    yield image;
    yield Buffer.from('no picture');
  }
  const each = detector.detectEach(pictures(), ['cat']);
  const expected = await detector.detect(image, ['cat']);
  for (const index of [0, 1]) {
    const value = { index, source: image, width: 640, height: 480, detections: expected };
    expect((await each.next()).value).toEqual(value);
  }
  await expect(each.next()).rejects.toThrow();
});
