import type { DrawingContext } from './drawingContext.js';

/** The text on one line, with an ellipsis at its end if it is wider than `width` in the context's font. */
export function fitText(context: DrawingContext, text: string, width: number): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const wide = (candidate: string) => context.measureText(candidate).width > width;
  if (!wide(line)) return line;
  const characters = [...line];
  let [fits, tooMany] = [0, characters.length];
  const cut = (count: number) => `${characters.slice(0, count).join('').trimEnd()}…`;
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (wide(cut(middle))) tooMany = middle;
    else fits = middle;
  }
  return cut(fits);
}
