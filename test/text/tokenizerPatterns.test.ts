import { checkPatterns } from '../../src/text/tokenizerPatterns.js';

const check = (pattern: string) => () =>
  checkPatterns(
    { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ pattern: { Regex: pattern } }] } },
    'tokenizer.json',
  );

test.each([
  '\\s+',
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
  "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
  '\\p{L}+|\\n',
])('%s is taken', (pattern) => {
  expect(check(pattern)).not.toThrow();
});

test.each([
  '(a+)+$',
  '(a|a)*b',
  'a+a+a+a+$',
  '\\s+$',
  'a*',
  'a{1,9999}',
  '(?<=a)b',
  '\\1',
  '[a',
  'a'.repeat(5e6),
])('%.20s is not', (pattern) => {
  expect(check(pattern)).toThrow(/tokenizer\.json: the pattern ".*could take for ever/);
});

test('patterns are found in the normaliser too, however deep', () => {
  let normalizer: unknown = { type: 'Replace', pattern: { Regex: '(a+)+$' } };
  for (let i = 0; i < 10_000; i++) normalizer = { normalizers: [normalizer] };
  expect(() => checkPatterns({ normalizer }, 'tokenizer.json')).toThrow(/\(a\+\)\+\$/);
});
