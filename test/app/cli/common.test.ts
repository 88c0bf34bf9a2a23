import { tableLines } from '../../../app/cli/common.js';

test('texts are flush left, numbers flush right', () => {
  const lines = tableLines(
    ['image', 'n'],
    [
      ['a.jpg', '3'],
      ['long.jpg', '12.5'],
      ['b', ''],
    ],
  );
  expect(lines).toEqual(['image        n', 'a.jpg        3', 'long.jpg  12.5', 'b']);
});

test('wide characters take two columns', () => {
  expect(tableLines(['label', 'n'], [['猫', '1']])).toEqual(['label  n', '猫     1']);
  expect(tableLines(['l', 'n'], [['🐈', '1']])).toEqual(['l   n', '🐈  1']);
});
