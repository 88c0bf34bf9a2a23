/** In canvas pixels. */
export const smallestText = 11;

/** The size of normal text on a picture, in canvas pixels. */
export function textSizeOn({ width, height }: { width: number; height: number }): number {
  return Math.max(smallestText, Math.round(0.024 * Math.sqrt(width * height)));
}
