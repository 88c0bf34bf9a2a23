import { UserError } from '../../src/errors.js';
import { fillTemplates, loadTemplates } from '../../src/text/templates.js';

test('OpenAI’s 80 templates, and our own', () => {
  const imagenet = loadTemplates('imagenet');
  expect(fillTemplates(imagenet, 'cat')).toHaveLength(80);
  expect(new Set(imagenet).size).toBe(imagenet.length);
  expect(loadTemplates('plain')).toEqual(['{}']);
  expect(loadTemplates('prompt').length).toBeGreaterThan(1);
});

test('filling', () => {
  expect(fillTemplates(['a {}.', '{}'], "dog's $& bone")).toEqual([
    "a dog's $& bone.",
    "dog's $& bone",
  ]);
});

test('a Chinese name stands in Chinese sentences, where there are any', () => {
  const filled = fillTemplates(loadTemplates('imagenet'), '猫');
  expect(filled.length).toBeGreaterThan(10);
  expect(filled.filter((text) => /[a-z]/.test(text))).toEqual([]);
  expect(fillTemplates(['a {}.', '{}!', '一只{}。'], '猫')).toEqual(['猫!', '一只猫。']);
  expect(fillTemplates(['a {}.', '{}!', '一只{}。'], 'cat')).toEqual(['a cat.', 'cat!']);
  expect(fillTemplates(['a {}.'], '猫')).toEqual(['a 猫.']);
});

test('an unknown list names the known ones', () => {
  expect(() => loadTemplates('none')).toThrow(UserError);
  expect(() => loadTemplates('none')).toThrow(/imagenet/);
});
