/**
 * How files of the formats begin that are decoded. Drawings (SVG) are not: they are programs, which may never end.
 */
const beginnings: [type: string, beginning: RegExp][] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^\x89PNG\r\n/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF.{4}WEBP/s],
  ['image/tiff', /^(II[*+]\0|MM\0[*+])/],
  // The length of a box, which is short, comes first.
  ['image/avif', /^\0\0.{2}ftyp(avif|avis|mif1|msf1|miaf)/s],
];

/** The media types of what is decoded. */
export const pictureTypes: readonly string[] = beginnings.map(([type]) => type);

/** Bytes that tell the format. */
export const pictureStart = 16;

/** The media type of a picture's file by its first bytes; undefined for what is no picture, or of no known format. */
export function pictureType(file: Uint8Array): string | undefined {
  const start = Buffer.from(file.subarray(0, pictureStart)).toString('latin1');
  return beginnings.find(([, beginning]) => beginning.test(start))?.[0];
}
