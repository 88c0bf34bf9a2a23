/**
 * COCO's compressed counts: a string whose characters carry five bits each, the lowest first, and a sixth
 * that says whether more follow. From the third length on, what is written is the difference to the last
 * length but one, and the highest bit written is the sign.
 */

const [firstCharacter, more, sign] = [48, 0x20, 0x10];
/** Of the seventh character: differences of lengths of 32 bits need no more. */
const highestScale = 32 ** 6;

/** Writes lengths of runs as a string. */
export function compressCounts(counts: ArrayLike<number>): string {
  let text = '';
  for (let i = 0; i < counts.length; i++) {
    let rest = i > 2 ? counts[i] - counts[i - 2] : counts[i];
    for (;;) {
      const low = ((rest % 32) + 32) % 32;
      rest = Math.floor(rest / 32);
      const ends = low & sign ? rest === -1 : rest === 0;
      text += String.fromCharCode(firstCharacter + (ends ? low : low | more));
      if (ends) break;
    }
  }
  return text;
}

/**
 * Reads lengths of runs from a string.
 * @throws RangeError for a character that is none of these, and for a length that is cut off or negative.
 */
export function decompressCounts(text: string): number[] {
  const counts: number[] = [];
  let place = 0;
  while (place < text.length) {
    let value = 0;
    let scale = 1;
    for (let goesOn = true; goesOn; ) {
      const code = text.charCodeAt(place) - firstCharacter;
      if (place === text.length || scale > highestScale) {
        throw new RangeError(`A mask's compressed counts do not end at character ${place}.`);
      }
      if (!(code >= 0 && code < 64)) {
        throw new RangeError(`A mask's compressed counts have a wrong character at ${place}.`);
      }
      place++;
      value += (code & 0x1f) * scale;
      scale *= 32;
      goesOn = (code & more) !== 0;
      if (!goesOn && code & sign) value -= scale;
    }
    if (counts.length > 2) value += counts[counts.length - 2];
    if (value < 0) {
      throw new RangeError(`A mask's compressed counts have a negative length before ${place}.`);
    }
    counts.push(value);
  }
  return counts;
}
