import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ContrastVocabulary } from '../../detectors/contrast.js';
import type { Detector } from '../../detectors/detector.js';
import { loadDetector } from '../../detectors/loadDetector.js';
import { textsOf } from '../../detectors/phraseFeatures.js';
import { readDetectorSettings } from '../../detectors/settings.js';
import { runName, TextFeatureCache } from '../../detectors/textFeatureCache.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { boxIou, boxToXyxy, type Xyxy } from '../../src/geometry/boxes.js';

/** What samples/bell.jpg shows, and where: measured by eye. */
const things: Record<string, Xyxy> = {
  'a strawberry': [119, 40, 256, 202],
  'a pink rooster': [293, 9, 441, 175],
  'a bell': [115, 296, 245, 424],
};

let detector: Detector;
beforeAll(async () => {
  process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), 'fgdet-shipped-'));
  detector = await loadDetector();
});
afterAll(() => detector.dispose());

test('the model that ships finds what a sample picture shows, and not what it does not', async () => {
  const absent = ['a car', 'a dog', 'a book', 'a helicopter', 'a blue rooster'];
  const found = await detector.detect(join(packageRoot, 'samples/bell.jpg'), [
    ...Object.keys(things),
    ...absent,
  ]);
  expect(found.map(({ label }) => label).sort()).toEqual(Object.keys(things).sort());
  for (const { label, box } of found) {
    expect(boxIou(boxToXyxy(box), things[label])).toBeGreaterThan(0.6);
  }
});

test('the text features that it brings along fit its weights, tokenizer and vocabulary', async () => {
  const folder = join(packageRoot, 'models/scenes');
  const { contrastVocabulary, templates } = readDetectorSettings(folder);
  const texts = textsOf(new ContrastVocabulary(contrastVocabulary).nouns, templates);
  const shipped = await new TextFeatureCache(folder, runName({})).get(texts, () => {
    throw new Error('models/scenes/detector.safetensors is out of date.');
  });
  expect(shipped.count).toBe(texts.length);
});
