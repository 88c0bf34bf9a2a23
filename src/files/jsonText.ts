import { hasHalfCharacter } from '../wholeText.js';

/** What may become a number or a character that nothing can hold: large exponents, long numbers, halves of characters. */
const suspicious = /e\+?\d{3}|(?<!\d)\d{309}|\\ud[89a-f]/i;

/**
 * The value of a JSON text. Unlike `JSON.parse`, it refuses numbers that are too large to be held (1e999), which would be
 * written again as null, and halves of characters ("\ud83d" alone), which no file in UTF-8 can hold.
 * @throws Error whose message says what is wrong, and in which field
 */
export function parseJsonText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const flaw = suspicious.test(text) ? flawIn(value) : undefined;
  if (flaw !== undefined) throw new Error(flaw);
  return value;
}

/** Goes through a value without calling itself: files may be nested as deep as they like. */
function flawIn(root: unknown): string | undefined {
  const left: { value: unknown; place: string }[] = [{ value: root, place: '' }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { value, place } = next;
    const at = place === '' ? 'it' : place;
    if (typeof value === 'number' && !Number.isFinite(value)) return `${at} is too large a number`;
    if (typeof value === 'string' && hasHalfCharacter(value)) return `${at} has half a character`;
    if (typeof value !== 'object' || value === null) continue;
    const isList = Array.isArray(value);
    for (const [key, inside] of Object.entries(value).reverse()) {
      if (hasHalfCharacter(key)) return `a key in ${at} has half a character`;
      const path = isList ? `${place}[${key}]` : `${place}${place && '.'}${key}`;
      left.push({ value: inside, place: path });
    }
  }
  return undefined;
}
