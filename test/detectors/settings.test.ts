import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDetectorSettings, readDetectorSettings } from '../../detectors/settings.js';

test('a folder without detector.json gets the defaults', () => {
  const settings = readDetectorSettings(mkdtempSync(join(tmpdir(), 'fgdet-')));
  expect(settings.threshold).toBe(0.3);
  expect(settings.contrastVocabulary.kinds).toBeDefined();
});

test('what detector.json does not say is as published for FG-CLIP of this size', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-'));
  const base = readDetectorSettings(folder, { family: 'fgclip', hiddenSize: 768 });
  expect(base).toMatchObject({ temperature: 75, scales: [640 / 224] });
  expect(readDetectorSettings(folder, { family: 'fgclip', hiddenSize: 1024 }).scales).toEqual([
    896 / 336,
  ]);
  expect(readDetectorSettings(folder, { family: 'fgclip', hiddenSize: 384 })).toEqual(
    readDetectorSettings(folder),
  );
  writeFileSync(join(folder, 'detector.json'), '{"scales":[1],"threshold":0.4}');
  expect(readDetectorSettings(folder, { family: 'fgclip', hiddenSize: 768 })).toMatchObject({
    ...{ temperature: 75, scales: [1], threshold: 0.4 },
  });
});

test('FG-CLIP 2 of any size has settings of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-'));
  const settings = readDetectorSettings(folder, { family: 'fgclip2', hiddenSize: 768 });
  expect(settings).toMatchObject({ temperature: 100, scales: [1] });
});

test('the vocabulary may be a list in a file beside detector.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-'));
  writeFileSync(join(folder, 'nouns.json'), '["cat","dog"]');
  writeFileSync(join(folder, 'detector.json'), '{"contrastVocabulary":"nouns.json","nms":0.4}');
  const settings = readDetectorSettings(folder);
  expect(settings.contrastVocabulary).toEqual({ nouns: ['cat', 'dog'] });
  expect(settings.nms).toBe(0.4);
});

test.each([
  [{ threshold: 2 }, /threshold/],
  [{ treshold: 0.2 }, /treshold/],
  [{ templates: ['a photo'] }, /templates\[0\]: must contain/],
  [{ contrastVocabulary: 7 }, /contrastVocabulary: must be a list/],
  [{ contrastVocabulary: [] }, /names no nouns/],
  [{ contrastVocabulary: '/etc/passwd' }, /contrastVocabulary: must be/],
  [{ contrastVocabulary: '../other.json' }, /contrastVocabulary: must be/],
  [{ contrastVocabulary: Array(60_000).fill('cat') }, /contrastVocabulary: must be/],
  [
    { contrastVocabulary: { kinds: { a: Array(9000).fill('cat'), b: Array(9000).fill('dog') } } },
    /has 18000 nouns; at most 10000 are taken/,
  ],
  [{ templates: ['{a}'.repeat(100_000)] }, /templates\[0\]: must have at most 1000 characters/],
  [{ scales: Array(10_000).fill(1) }, /scales: must be at most 16/],
  [{ network: { convolutions: 1e9 } }, /network\.convolutions: must be at most 64/],
  [{ contrastVocabulary: 'missing.json' }, /missing\.json: there is no such file/],
])('settings %# are refused with the field named', (json, message) => {
  expect(() => parseDetectorSettings(json)).toThrow(message);
});
