import { UserError } from './errors.js';

/** A text that was cut in the middle of a character, as UTF-16 can be: no file in UTF-8 can hold it. */
export function hasHalfCharacter(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/**
 * Checks a prompt or a label that a person gives. The system puts U+FFFD where what was typed is not in UTF-8.
 * @param what "The prompt".
 * @throws UserError for a text that is not what was meant
 */
export function checkGiven(text: string, what: string): void {
  const at = text.search(/\ufffd|\p{Surrogate}/u);
  if (at < 0) return;
  throw new UserError(
    `${what} ${JSON.stringify(text)} is no valid text: after ${at} characters comes ` +
      (text[at] === '\ufffd' ? 'what is not in UTF-8.' : 'half a character.'),
  );
}
