import { UserError } from '../../src/errors.js';
import { fillTemplates, loadTemplates } from '../../src/text/templates.js';

test('OpenAI’s 80 templates, and our own', () => {
  const imagenet = loadTemplates('imagenet');
  expect(imagenet).toHaveLength(80);
  expect(new Set(imagenet).size).toBe(80);
  expect(loadTemplates('plain')).toEqual(['{}']);
  expect(loadTemplates('prompt').length).toBeGreaterThan(1);
});

test('filling', () => {
  expect(fillTemplates(['a {}.', '{}'], "dog's $& bone")).toEqual([
    "a dog's $& bone.",
    "dog's $& bone",
  ]);
});

test('an unknown list names the known ones', () => {
  expect(() => loadTemplates('none')).toThrow(UserError);
  expect(() => loadTemplates('none')).toThrow(/imagenet/);
});
