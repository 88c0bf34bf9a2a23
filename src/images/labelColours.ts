export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Colours that stay apart for the common kinds of colour blindness: hues of Okabe and Ito's palette,
 * with a few lighter and darker ones between, most different first.
 */
const palette: readonly Rgb[] = [
  [0, 114, 178],
  [230, 159, 0],
  [204, 121, 167],
  [0, 158, 115],
  [213, 94, 0],
  [86, 180, 233],
  [240, 228, 66],
  [128, 60, 160],
  [140, 86, 40],
  [160, 215, 120],
];

/** Once the palette is used up it comes back lighter, then darker. */
const tones: readonly ((colour: Rgb) => Rgb)[] = [
  (colour) => colour,
  (colour) => mix(colour, [255, 255, 255], 0.5),
  (colour) => mix(colour, [0, 0, 0], 0.45),
];

/**
 * A colour for each label, its own for the first 30. A label found in `order` has the colour of its place
 * there, so that it looks the same in every picture; others follow in alphabetical order.
 */
export function labelColours(
  labels: Iterable<string>,
  order: readonly string[] = [],
): Map<string, Rgb> {
  const others = [...new Set(labels)].filter((label) => !order.includes(label)).sort();
  return new Map([...new Set(order), ...others].map((label, place) => [label, colourAt(place)]));
}

/** Black or white, whichever is easier to read on `colour` (WCAG's contrast ratio). */
export function textColourOn(colour: Rgb): 'black' | 'white' {
  const light = luminance(colour);
  return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? 'black' : 'white';
}

export function css([red, green, blue]: Rgb, alpha = 1): string {
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

function colourAt(place: number): Rgb {
  const tone = tones[Math.floor(place / palette.length) % tones.length];
  return tone(palette[place % palette.length]);
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const channel = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * share);
  return [channel(0), channel(1), channel(2)];
}

/** Relative luminance of an sRGB colour, 0..1. */
export function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
