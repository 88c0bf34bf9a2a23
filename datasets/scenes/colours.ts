/** Red, green and blue, 0..255. */
export type Rgb = readonly [number, number, number];

/** The colour of "#rrggbb". */
export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The colour as a canvas takes it. */
export function cssOf([r, g, b]: Rgb, alpha = 1): string {
  return `rgba(${Math.round(r)}, ${Math.round(g)}, ${Math.round(b)}, ${alpha})`;
}

/** How different two colours look: CompuPhase's weighted distance, 0 to about 765. */
export function colourDistance(a: Rgb, b: Rgb): number {
  const red = (a[0] + b[0]) / 2;
  const [dr, dg, db] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  return Math.sqrt((2 + red / 256) * dr * dr + 4 * dg * dg + (2 + (255 - red) / 256) * db * db);
}
