import { decimalNumber } from '../src/decimalNumber.js';

test.each([
  ['0', 0],
  ['-1.5e-3', -0.0015],
  [' +.5\n', 0.5],
  ['007', 7],
  ['1e05', 1e5],
])('%j is a decimal number', (text, value) => {
  expect(decimalNumber(text)).toBe(value);
});

test.each([
  '',
  ' ',
  '0x10',
  '0b1',
  '0o7',
  '1_000',
  '1,5',
  'Infinity',
  '-Infinity',
  'NaN',
  '1e999',
  '1 2',
  '.',
  'e5',
  '١',
])('%j is none', (text) => {
  expect(decimalNumber(text)).toBeNaN();
});
