/**
 * A text as it may be shown on a terminal or written to a log: control characters, which can make a terminal do and
 * show what they like, are written as JSON would.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Control}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
