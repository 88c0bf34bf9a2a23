import sharp from 'sharp';

/** The bytes of a JSON value. */
export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** An input whose first line says what reads the rest. */
export function withFirstLine(line: string, rest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${line}\n`), rest]);
}

export function splitFirstLine(input: Uint8Array): [line: string, rest: Buffer] {
  const bytes = Buffer.from(input);
  const end = bytes.indexOf('\n');
  return end < 0
    ? [bytes.toString('latin1'), Buffer.alloc(0)]
    : [bytes.toString('latin1', 0, end), bytes.subarray(end + 1)];
}

/** A picture of 8 x 6 pixels in each format. */
export async function smallPictures() {
  const size = { width: 8, height: 6, channels: 3 as const };
  const raw = Buffer.from(Uint8Array.from({ length: 8 * 6 * 3 }, (_, i) => (37 * i) % 256));
  const picture = () => sharp(raw, { raw: size });
  return {
    png: await picture().png().toBuffer(),
    jpeg: await picture()
      .withExif({ IFD0: { Orientation: '6' } })
      .jpeg()
      .toBuffer(),
    progressive: await picture().jpeg({ progressive: true }).toBuffer(),
    gif: await picture().gif().toBuffer(),
    webp: await picture().webp().toBuffer(),
    tiff: await picture().tiff({ compression: 'lzw' }).toBuffer(),
    avif: await picture().avif({ effort: 0 }).toBuffer(),
  };
}
