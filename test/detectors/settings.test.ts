import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseDetectorSettings, readDetectorSettings } from '../../detectors/settings.js';

test('a folder without detector.json gets the defaults', () => {
  const settings = readDetectorSettings(mkdtempSync(join(tmpdir(), 'fgdet-')));
  expect(settings.threshold).toBe(0.3);
  expect(settings.contrastVocabulary.kinds).toBeDefined();
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
  [{ contrastVocabulary: 'missing.json' }, /missing\.json: there is no such file/],
])('%j is refused with the field named', (json, message) => {
  expect(() => parseDetectorSettings(json)).toThrow(message);
});
