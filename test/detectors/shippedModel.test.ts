import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContrastVocabulary } from '../../detectors/contrast.js';
import type { Detector } from '../../detectors/detector.js';
import { loadDetector } from '../../detectors/loadDetector.js';
import { sentencesOf } from '../../detectors/phraseFeatures.js';
import { readDetectorSettings } from '../../detectors/settings.js';
import { runName, TextFeatureCache } from '../../detectors/textFeatureCache.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { boxIou, boxToXyxy, type Xyxy } from '../../src/geometry/boxes.js';

beforeAll(() => {
  process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), 'fgdet-shipped-'));
});

const sample = (name: string) => join(packageRoot, 'samples', name);

/** Finds just these things, each once and where they are. @param absent prompts for what is not there. */
async function expectFound(
  detector: Detector,
  picture: string,
  things: Record<string, Xyxy>,
  absent: readonly string[],
): Promise<void> {
  const found = await detector.detect(picture, [...Object.keys(things), ...absent]);
  expect(found.map(({ label }) => label).sort()).toEqual(Object.keys(things).sort());
  for (const { label, box } of found) {
    expect(boxIou(boxToXyxy(box), things[label])).toBeGreaterThan(0.6);
  }
}

describe('the model that ships', () => {
  let detector: Detector;
  beforeAll(async () => {
    detector = await loadDetector();
  });
  afterAll(() => detector.dispose());

  /** Where things are in the samples: measured by eye. */
  test.each<[string, Record<string, Xyxy>, string[]]>([
    [
      'coffee.jpg',
      { 'a cup of coffee': [172, 18, 408, 312] },
      ['a dog', 'a car', 'a laptop', 'a helicopter', 'a person'],
    ],
    ['chelsea.jpg', { 'a cat': [0, 0, 451, 300] }, ['a dog', 'a car', 'a cup', 'a helicopter']],
    ['astronaut.jpg', { 'a woman': [28, 14, 364, 512] }, ['a dog', 'a car', 'a cup', 'a bicycle']],
  ])('finds what %s shows, and not what it does not', async (file, things, absent) => {
    await expectFound(detector, sample(file), things, absent);
  });
});

describe('models/scenes', () => {
  const folder = join(packageRoot, 'models/scenes');

  test('finds what a drawing shows, and not what it does not', async () => {
    const detector = await loadDetector(folder);
    /** Measured by eye. */
    const things: Record<string, Xyxy> = {
      'a strawberry': [119, 40, 256, 202],
      'a pink rooster': [293, 9, 441, 175],
      'a bell': [115, 296, 245, 424],
    };
    const absent = ['a car', 'a dog', 'a book', 'a helicopter', 'a blue rooster'];
    await expectFound(detector, sample('bell.jpg'), things, absent);
    await detector.dispose();
  });

  test('brings along text features that fit its weights, tokenizer and vocabulary', async () => {
    const { contrastVocabulary, templates } = readDetectorSettings(folder);
    const { nouns } = new ContrastVocabulary(contrastVocabulary);
    const texts = nouns.flatMap((noun) => sentencesOf(noun, templates));
    // Features that another test has put into the cache are not the folder's own.
    const cache = mkdtempSync(join(tmpdir(), 'fgdet-cache-'));
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = cache;
    try {
      const shipped = await new TextFeatureCache(folder, runName({})).read(texts);
      expect(shipped?.count).toBe(texts.length);
    } finally {
      process.env.XDG_CACHE_HOME = before;
      rmSync(cache, { recursive: true });
    }
  });
});
