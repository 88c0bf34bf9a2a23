import { UserError } from '../src/errors.js';
import { checkGiven, hasHalfCharacter } from '../src/wholeText.js';

test.each([
  ['', false],
  ['é 😀 \ufffd', false],
  ['a\ud83d', true],
  ['\ude00\ud83d', true],
])('%j has half a character: %j', (text, has) => {
  expect(hasHalfCharacter(text)).toBe(has);
});

test('what was typed in another encoding is told with its place', () => {
  checkGiven('a 😀', 'The label');
  expect(() => checkGiven('caf\ufffd', 'The label')).toThrow(
    new UserError(
      'The label "caf\ufffd" is no valid text: after 3 characters comes what is not in UTF-8.',
    ),
  );
  expect(() => checkGiven('\ud83d', 'The prompt')).toThrow(/The prompt .*half a character/);
});
