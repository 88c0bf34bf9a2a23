import { expect, test } from '@jest/globals';
import { UserError } from '../../src/errors.js';
import { parseYaml } from '../../src/files/yaml.js';
import { growthOf } from '../growth.js';

const parse = (text: string) => parseYaml(text, 'a.yaml', 'core');

test('values, aliases too', () => {
  const text = 'a: &x [1, yes]\nb: *x\n? [c]\n: 2\n';
  expect(parse(text)).toEqual({ a: [1, 'yes'], b: [1, 'yes'], '[ c ]': 2 });
  expect(parseYaml('a: 1', 'a.yaml', 'failsafe')).toEqual({ a: '1' });
});

test.each([
  ['a cut off list', 'a: 1\nb: [1', /^a\.yaml is not valid YAML: .* at line 2\.$/],
  ['a key that comes twice', 'b:\n  a: 1\n  c: 2\n  a: 3', /Map keys must be unique at line 4\.$/],
  ['many aliases', `a: &x 1\nb: [${'*x,'.repeat(101)}]`, /more than 100 aliases at line 2\.$/],
  ['an alias of nothing', 'a: *x', /not valid YAML: .*x/],
])('what is wrong is said: %s', (_, text, message) => {
  expect(() => parse(text)).toThrow(UserError);
  expect(() => parse(text)).toThrow(message);
});

test.each([
  ['quotes', (count: number) => '"'.repeat(count)],
  ['keys', (count: number) => Array.from({ length: count }, (_, i) => `${i}: a\n`).join('')],
  ['anchors', (count: number) => Array.from({ length: count }, (_, i) => `- &a${i} b\n`).join('')],
  [
    'aliases',
    (count: number) => Array.from({ length: count }, (_, i) => `- &a${i} b\n- *a${i}\n`).join(''),
  ],
])('the time does not grow with the square of %s', async (_, textOf) => {
  expect(await growthOf(textOf, parse)).toBeLessThan(64);
});
