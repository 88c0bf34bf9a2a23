import { UserError } from '../errors.js';
import { modelBounds } from '../modelBounds.js';

/** A letter, an escaped sign, or a class: "s", "\\|", "\\s", "\\p{L}", "[^\\s\\p{L}]". */
const one = /^(?:\\[pP]\{\^?\w+\}|\\[^pPbBkux\d]|\[(?:\\.|[^\]\\[])+\]|[^\\[\](){}|*+?^$])/u;

/**
 * Refuses patterns that can take longer than the text is long, as regular expressions of others can for years. What the
 * tokenizers of the families here have is taken: alternatives that are each a few letters or classes, of which the last may
 * come again and again.
 * @param json what tokenizer.json holds; the patterns are those that change and cut texts.
 * @throws UserError naming the file and the pattern
 */
export function checkPatterns(
  json: { normalizer?: unknown; pre_tokenizer?: unknown },
  file: string,
): void {
  const { normalizer, pre_tokenizer } = json;
  for (const pattern of patternsIn([normalizer, pre_tokenizer])) {
    if (isLinear(pattern)) continue;
    throw new UserError(
      `${file}: the pattern ${JSON.stringify(pattern.slice(0, 100))} is not used: it could take for ever. Patterns are ` +
        'alternatives of letters and classes, of which the last may be repeated, as CLIP has them.',
    );
  }
}

/** Not by recursion: lists of lists may be as deep as they like. */
function patternsIn(value: unknown): string[] {
  const found: string[] = [];
  const waiting = [value];
  while (waiting.length > 0) {
    const each = waiting.pop();
    if (typeof each !== 'object' || each === null) continue;
    for (const [key, inside] of Object.entries(each)) {
      if (key === 'Regex') found.push(String(inside));
      else waiting.push(inside);
    }
  }
  return found;
}

function isLinear(pattern: string): boolean {
  if (pattern.length > modelBounds.text) return false;
  let rest = pattern;
  let repeated = false;
  while (rest !== '') {
    if (rest.startsWith('|')) {
      rest = rest.slice(1);
      repeated = false;
      continue;
    }
    const atom = repeated ? undefined : one.exec(rest)?.[0];
    if (atom === undefined) return false;
    rest = rest.slice(atom.length);
    repeated = rest.startsWith('+');
    if (repeated) rest = rest.slice(1);
  }
  return true;
}
