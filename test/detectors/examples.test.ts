import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calibrate, uncalibrate } from '../../detectors/calibration.js';
import { ContrastModel } from '../../detectors/contrastModel.js';
import { Detector } from '../../detectors/detector.js';
import { type Examples, joinedExamples } from '../../detectors/examples.js';
import { isExamplesFile, readExamples, writeExamples } from '../../detectors/examplesFile.js';
import { features } from '../../detectors/features.js';
import type { Prompt } from '../../detectors/prompts.js';
import { parseDetectorSettings } from '../../detectors/settings.js';
import { boxIou, boxToXyxy, scaleBox, type Xyxy, xyxyToBox } from '../../src/geometry/boxes.js';
import { FakeModel, type Planted } from './fakeModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = parseDetectorSettings({
  temperature: 30,
  scales: [1],
  contrastVocabulary: ['tree', 'sky'],
});
const image = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 3) };
const gadget: Planted = { phrase: 'qxv', box: [0.1, 0.15, 0.4, 0.6] };
const other: Planted = { phrase: 'zorp', box: [0.55, 0.3, 0.9, 0.85] };

const detectorOf = (planted: Planted[], hasNetwork = false, sha = 'a1') =>
  new Detector(new ContrastModel(new FakeModel(planted, hasNetwork), settings), settings, {
    digest: async () => sha,
  });
const boxOf = ({ box }: Planted) => xyxyToBox(scaleBox(box, image.width, image.height));
const overlap = (
  found: { box: { xmin: number; ymin: number; xmax: number; ymax: number } },
  box: Xyxy,
) => boxIou(boxToXyxy(found.box), scaleBox(box, image.width, image.height));

describe.each([
  ['windows', false],
  ['a proposal network', true],
])('examples, with boxes of %s', (_, hasNetwork) => {
  const examplesOf = (planted: Planted[], shown: Planted[], unlike: Planted[] = []) =>
    detectorOf(planted, hasNetwork).examplesIn(image, {
      shown: shown.map(boxOf),
      unlike: unlike.map(boxOf),
    });

  test('find the thing in another picture, elsewhere, and not what is beside it', async () => {
    const examples = await examplesOf([gadget, other], [gadget]);
    const moved: Planted = { phrase: 'qxv', box: [0.5, 0.1, 0.8, 0.5] };
    const beside: Planted = { phrase: 'zorp', box: [0.05, 0.5, 0.4, 0.95] };
    const prompt = { label: 'gadget', phrasings: [], examples };
    const found = await detectorOf([moved, beside], hasNetwork).detect(image, [prompt]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ label: 'gadget' });
    expect(overlap(found[0], moved.box)).toBeGreaterThan(0.7);
    expect(await detectorOf([beside], hasNetwork).detect(image, [prompt])).toEqual([]);
  });

  test('count with words of the same label', async () => {
    const examples = await examplesOf([gadget, other], [gadget]);
    const detector = detectorOf([gadget], hasNetwork);
    const score = async (phrasings: string[], shown?: Examples) => {
      const prompt = { label: 'gadget', phrasings, ...(shown && { examples: shown }) };
      const [best] = await detector.detect(image, [prompt], { threshold: 0 });
      return best?.score ?? 0;
    };
    const [words, both, shown] = [
      await score(['xqv']),
      await score(['xqv'], examples),
      await score([], examples),
    ];
    expect(words).toBeLessThan(0.3);
    expect(both).toBeGreaterThan(words);
    expect(both).toBeLessThan(shown);
  });

  test('negative ones take away what looks more like them', async () => {
    const near: Planted = { phrase: 'qxv small', box: other.box };
    const prompt = async (unlike: Planted[]) => ({
      ...{ label: 'gadget', phrasings: [] },
      examples: await examplesOf([gadget, near], [gadget], unlike),
    });
    const detector = detectorOf([gadget, near], hasNetwork);
    const without = await detector.detect(image, [await prompt([])], { threshold: 0.01 });
    const against = await detector.detect(image, [await prompt([near])], { threshold: 0.01 });
    const near1 = (found: typeof without) => found.filter((one) => overlap(one, near.box) > 0.5);
    expect(near1(against)).toEqual([]);
    expect(against.some((one) => overlap(one, gadget.box) > 0.7)).toBe(true);
  });
});

test('have a calibration of their own, with words as well, and the threshold is in its terms', async () => {
  const alike: Planted = { phrase: 'xqv', box: gadget.box };
  const raw = detectorOf([alike], true);
  const examples = await detectorOf([gadget], true).examplesIn(image, { shown: [boxOf(gadget)] });
  const [words, shown, both] = [
    { label: 'qxv', phrasings: ['qxv'] },
    { label: 'shown', phrasings: [], examples },
    { label: 'both', phrasings: ['qxv'], examples },
  ];
  const [calibration, exampleCalibration] = [
    { slope: 0.5, offset: -1 },
    { slope: 2, offset: -3 },
  ];
  const own = { ...settings, calibration: { network: calibration } };
  const model = new ContrastModel(new FakeModel([alike], true), settings);
  const calibrated = new Detector(
    model,
    { ...own, exampleCalibration: { network: exampleCalibration } },
    { boxes: 'network', digest: async () => 'a1' },
  );
  const bestOf = async (detector: Detector, prompt: Prompt, threshold = 0) =>
    (await detector.detect(image, [prompt], { threshold })).at(0)?.score;
  for (const prompt of [words, shown, both]) {
    const seen = (await bestOf(raw, prompt))!;
    const score =
      prompt === words
        ? calibrate(seen, calibration)
        : calibrate(uncalibrate(seen, model.exampleCalibration), exampleCalibration);
    expect(await bestOf(calibrated, prompt)).toBeCloseTo(score, 6);
    expect(await bestOf(calibrated, prompt, score - 0.01)).toBeCloseTo(score, 6);
    expect(await bestOf(calibrated, prompt, score + 0.01)).toBeUndefined();
  }
  // What was measured of words says nothing about examples: those keep what is usual.
  const half = new Detector(model, own, { boxes: 'network', digest: async () => 'a1' });
  expect(await bestOf(half, shown)).toBe(await bestOf(raw, shown));
});

test('are of the model that saw them', async () => {
  const examples = await detectorOf([gadget]).examplesIn(image, { shown: [boxOf(gadget)] });
  const prompt = { label: 'gadget', phrasings: [], examples };
  await expect(detectorOf([gadget], false, 'b2').detect(image, [prompt])).rejects.toThrow(
    'The examples of "gadget" were made with another model (sha256 a1, not b2)',
  );
  const others = { ...examples, model: 'b2' };
  expect(() => joinedExamples([examples, others])).toThrow(/different models/);
  const narrow = { ...examples, shown: features(Float32Array.of(1), 1) };
  expect(() => joinedExamples([examples, narrow])).toThrow(/different widths/);
  const wrong = { ...prompt, examples: narrow };
  await expect(detectorOf([gadget]).detect(image, [wrong])).rejects.toThrow(
    'The examples of "gadget" have vectors of 1 numbers; those of the model have 64.',
  );
});

test('outside the picture, there is nothing to see', async () => {
  const box = { xmin: 700, ymin: 10, xmax: 800, ymax: 20 };
  await expect(detectorOf([gadget]).examplesIn(image, { shown: [box] })).rejects.toThrow(
    'The example 700,10,800,20 shows nothing of the picture, which has 640 × 480 pixels.',
  );
});

describe('files', () => {
  const examples: Examples = {
    model: 'a1',
    shown: features(Float32Array.from([-1, -2e-38, 0.6, 0.8]), 2),
    unlike: features(new Float32Array(0), 2),
    others: features(Float32Array.from([0, 1]), 2),
  };
  const prompt = { label: 'Rad', phrasings: ['a wheel'], examples };

  test('hold the bits', async () => {
    const file = join(folder, 'wheel.json');
    await writeExamples(file, prompt);
    expect(isExamplesFile(file)).toBe(true);
    expect(readExamples(file)).toEqual(prompt);
  });

  test.each([
    ['dimension', 3, /shown must hold vectors of 3 finite numbers/],
    ['shown', 'AADAfwAAwH8=', /shown must hold vectors of 2 finite numbers/],
    ['unlike', 'AACAPwAAgD8=', /unlike must hold .* of length one/],
    ['others', 'AAAAAAAAAAA=', /others must hold .* of length one/],
    ['others', 'AACAfwAAgP8=', /others must hold .* of length one/],
    ['shown', 'é', /shown: /],
    ['label', '', /label: /],
    ['format', 'fgdet examples 9', /format: /],
  ])('with a wrong %s are told', async (field, value, message) => {
    const file = join(folder, 'wrong.json');
    await writeExamples(file, prompt);
    writeFileSync(
      file,
      JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), [field]: value }),
    );
    expect(() => readExamples(file)).toThrow(message);
  });
});
