import { parseYaml } from '../../src/files/yamlFile.js';

test('the line that is wrong is named, and so is a key that comes twice', () => {
  const read = (text: string) => () => parseYaml(text, 'a.yaml', 'failsafe');
  expect(read('names:\n  0: cat\n  1: dog\n')()).toEqual({ names: { 0: 'cat', 1: 'dog' } });
  expect(read('names: [a\ntrain: "')).toThrow(/^a\.yaml is not valid YAML: .* at line 2, column/);
  expect(read('names:\n  0: cat\n  0: dog\n')).toThrow(
    'a.yaml is not valid YAML: the key "0" stands there twice at line 3, column 3.',
  );
  expect(read('['.repeat(100_000))).toThrow(/a\.yaml is not valid YAML/);
});

test('values, aliases too', () => {
  const text = 'a: &x [1, yes]\nb: *x\n';
  expect(parseYaml(text, 'a.yaml', 'core')).toEqual({ a: [1, 'yes'], b: [1, 'yes'] });
  const many = `a: &x 1\nb: [${'*x,'.repeat(101)}]`;
  expect(() => parseYaml(many, 'a.yaml', 'core')).toThrow(/more than 100 aliases\.$/);
});

/** Milliseconds of a text, and of one that is four times as long. */
function growth(text: (lines: number) => string): number {
  const time = (lines: number) => {
    const begin = performance.now();
    try {
      parseYaml(text(lines), 'a.yaml', 'failsafe');
    } catch {}
    return performance.now() - begin;
  };
  time(1000);
  const short = Math.min(time(2000), time(2000));
  return Math.min(time(8000), time(8000)) / short;
}

// The square would be 16 times as long.
test.each([
  ['errors', (lines: number) => '"'.repeat(lines)],
  ['keys', (lines: number) => Array.from({ length: lines }, (_, i) => `k${i}: a`).join('\n')],
  [
    'anchors',
    (lines: number) => Array.from({ length: lines }, (_, i) => `k${i}: &a${i} a`).join('\n'),
  ],
  [
    'aliases',
    (lines: number) =>
      Array.from({ length: lines }, (_, i) => `k${i}: &a${i} a\nj${i}: *a${i}`).join('\n'),
  ],
])('many %s take no longer than their number says', (_what, text) => {
  expect(growth(text)).toBeLessThan(10);
});
