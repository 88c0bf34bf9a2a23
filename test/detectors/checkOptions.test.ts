import { checkOptions } from '../../detectors/checkOptions.js';
import type { DetectOptions } from '../../detectors/detectOptions.js';
import { parsePrompts } from '../../detectors/prompts.js';
import { UserError } from '../../src/errors.js';

test('options with values that they can have pass', () => {
  const fine: DetectOptions[] = [
    {},
    { threshold: 0, nms: 1, method: 'gaussian', maxPerImage: 3, maxDetections: Infinity },
    { threshold: undefined, gate: false, negatives: ['a dog'], thresholds: { cat: 0.5 } },
  ];
  for (const options of fine) expect(() => checkOptions(options)).not.toThrow();
});

test.each<[string, object]>([
  ['treshold', { treshold: 0.1 }],
  ['threshold', { threshold: 7 }],
  ['threshold', { threshold: '0.5' }],
  ['threshold', { threshold: Number.NaN }],
  ['maxPerImage', { maxPerImage: 0 }],
  ['method', { method: 'soft' }],
  ['negatives', { negatives: 'a dog' }],
])('a wrong %s is named', (name, options) => {
  expect(() => checkOptions(options as DetectOptions)).toThrow(UserError);
  expect(() => checkOptions(options as DetectOptions)).toThrow(name);
});

test.each<[string, unknown]>([
  ['a text', 'cup'],
  ['no text', [undefined]],
  ['no prompt', [{ label: 'cup' }]],
])('what is no list of prompts is refused: %s', (_, prompts) => {
  expect(() => parsePrompts(prompts as string[])).toThrow(UserError);
});
