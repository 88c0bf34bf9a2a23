import { canWrite, writable } from '../../src/images/fonts.js';

/** Private use, and the last there is. */
const unknown = '\u{10fffd}';

test('the package brings letters, and characters without a font are noticed', () => {
  expect(canWrite('Straße, ναι, кот 0.5')).toBe(true);
  expect(canWrite('e\u0301\u200d')).toBe(true);
  expect(canWrite(`cat ${unknown}`)).toBe(false);
});

test('what cannot be written is a number, the place in the list', () => {
  expect(writable(['cup', unknown, 'cat', `${unknown}!`])).toEqual(['cup', '#2', 'cat', '#4']);
});
