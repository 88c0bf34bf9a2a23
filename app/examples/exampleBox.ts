import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import type { Box } from '../../src/geometry/boxes.js';

/** A box of a picture that shows a label, or only seems to. */
export interface ExampleBox {
  label: string;
  /** Path of the picture. */
  image: string;
  /** In pixels of the picture as viewers show it. */
  box: Box;
}

/**
 * An example as people write it: "wheel=photo.jpg:10,20,80,90", with x1,y1,x2,y2 after the last colon.
 * @throws UserError when it is written otherwise, or the box has no area
 */
export function parseExampleBox(text: string): ExampleBox {
  const equals = text.indexOf('=');
  const colon = text.lastIndexOf(':');
  const label = text.slice(0, Math.max(equals, 0)).trim().replace(/\s+/g, ' ');
  const image = text.slice(equals + 1, colon).trim();
  const numbers = text
    .slice(colon + 1)
    .split(',')
    .map((part) => decimalNumber(part.trim()));
  const [xmin, ymin, xmax, ymax] = numbers;
  const isBox = numbers.length === 4 && numbers.every(Number.isFinite);
  if (label === '' || colon < equals || image === '' || !isBox) {
    throw new UserError(
      `"${text}" is no example; write "wheel=photo.jpg:10,20,80,90": label, picture, and x1,y1,x2,y2 in pixels.`,
    );
  }
  if (xmax <= xmin || ymax <= ymin) {
    throw new UserError(`The example "${text}" has no area: x1 < x2 and y1 < y2 are wanted.`);
  }
  return { label, image, box: { xmin, ymin, xmax, ymax } };
}
