import { parseJsonText } from '../../src/files/jsonText.js';
import { growthOf } from '../growth.js';

test.each<[string, string]>([
  ['{"a": [1, {"score": 1e999}]}', 'a[1].score is too large a number'],
  ['[-1E+400]', '[0] is too large a number'],
  [`[1, ${'9'.repeat(400)}.5]`, '[1] is too large a number'],
  ['1e999', 'it is too large a number'],
  ['{"name": "a\\ud83d b"}', 'name has half a character'],
  ['["\\uDE00\\uD83D"]', '[0] has half a character'],
  ['{"a": {"b\\ud83d": 1}}', 'a key in a has half a character'],
])('%s is refused: %s', (text, message) => {
  expect(() => parseJsonText(text)).toThrow(new Error(message));
});

test.each(['[1e308, 1e-999, -0, "1e999", "e123"]', '{"a": "\\ud83d\\ude00", "b": "\\\\ud83d"}'])(
  '%s is what JSON.parse makes of it',
  (text) => {
    expect(parseJsonText(text)).toEqual(JSON.parse(text));
  },
);

test('the time does not grow with the square of digits', async () => {
  const digits = (count: number) => `["${'1'.repeat(count)}"]`;
  expect(await growthOf(digits, parseJsonText, 20_000)).toBeLessThan(64);
});

test('nor does depth end it', () => {
  const depth = 100_000;
  const text = `{"a": 1e999, "b": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
  expect(() => parseJsonText(text)).toThrow('a is too large a number');
});
