import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '../../src/images/decode.js';
import { ImageError } from '../../src/images/imageError.js';
import { createRandom, type Random } from '../../src/random.js';

/** A picture with gradients and noise, so that encoders have something to do. */
function picture(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const random = createRandom('picture');
  const data = Buffer.from(
    Uint8Array.from(
      { length: width * height * channels },
      (_, i) => (i + random.integer(60)) % 256,
    ),
  );
  return sharp(data, { raw: { width, height, channels } });
}

const pixelAt = async (bytes: Uint8Array) => [...(await decodeImage(bytes)).data.subarray(0, 3)];

function solid(channels: 1 | 2 | 3 | 4, values: number[]): Sharp {
  const data = Buffer.from(Array.from({ length: 64 }, () => values).flat());
  return sharp(data, { raw: { width: 8, height: 8, channels } });
}

describe('kinds of pictures', () => {
  test('alpha is dropped, not blended', async () => {
    expect(await pixelAt(await solid(4, [200, 100, 50, 0]).png().toBuffer())).toEqual([
      200, 100, 50,
    ]);
    const webp = await solid(4, [200, 100, 50, 9]).webp({ lossless: true, exact: true }).toBuffer();
    expect(await pixelAt(webp)).toEqual([200, 100, 50]);
  });

  test('grey is copied, with and without alpha', async () => {
    const grey = solid(1, [77]).toColourspace('b-w');
    expect(await pixelAt(await grey.png().toBuffer())).toEqual([77, 77, 77]);
    const veiled = solid(2, [77, 3]).toColourspace('b-w');
    expect(await pixelAt(await veiled.png().toBuffer())).toEqual([77, 77, 77]);
  });

  test('16 bits keep the upper eight', async () => {
    const wide = sharp(new Uint16Array(64 * 3).fill(0x80ff), {
      raw: { width: 8, height: 8, channels: 3 },
    });
    const png = await wide.toColourspace('rgb16').png().toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    expect(await pixelAt(png)).toEqual([0x80, 0x80, 0x80]);
  });

  test('CMYK becomes sRGB', async () => {
    const jpeg = await solid(3, [220, 40, 40]).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
    const [red, green, blue] = await pixelAt(jpeg);
    expect(red).toBeGreaterThan(180);
    expect(green).toBeLessThan(90);
    expect(blue).toBeLessThan(90);
  });

  test('an animation gives its first frame', async () => {
    const frames = Buffer.from([...Array(192).fill(250), ...Array(192).fill(5)]);
    const gif = await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
      .gif({ delay: [100, 100] })
      .toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    const image = await decodeImage(gif);
    expect([image.width, image.height]).toEqual([8, 8]);
    expect(image.data[0]).toBe(250);
  });

  test('a palette and one bit per pixel', async () => {
    const png = await solid(3, [255, 255, 255]).png({ palette: true, colours: 2 }).toBuffer();
    expect(await pixelAt(png)).toEqual([255, 255, 255]);
  });

  test('the orientation is applied unless told otherwise', async () => {
    const jpeg = await picture(12, 20).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const turned = await decodeImage(jpeg);
    expect([turned.width, turned.height]).toEqual([20, 12]);
    const stored = await decodeImage(jpeg, { applyOrientation: false });
    expect([stored.width, stored.height]).toEqual([12, 20]);
    // Orientation 6: the first stored column, from the bottom, is the first row shown.
    expect(turned.data.subarray(0, 3)).toEqual(stored.data.subarray(19 * 12 * 3, 19 * 12 * 3 + 3));
  });
});

describe('pictures that cannot be used', () => {
  async function failure(bytes: Uint8Array, options = {}): Promise<string> {
    const error = await decodeImage(bytes, { name: 'photo.jpg', ...options }).catch((e) => e);
    expect(error).toBeInstanceOf(ImageError);
    expect(error.message).toMatch(/^photo\.jpg: [^\n]+\.$/);
    return error.reason;
  }

  test('empty', async () => {
    expect(await failure(new Uint8Array())).toMatch(/empty \(0 bytes\)/);
  });

  test('not a picture', async () => {
    expect(await failure(Buffer.from('<html>no</html>'))).toMatch(
      /not a picture in a known format/,
    );
  });

  test('that are drawings: they are programs, which may never end', async () => {
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
    for (const text of [drawing, `<!--ftypavif-->${drawing}`]) {
      await expect(decodeImage(Buffer.from(text), { name: 'b.jpg' })).rejects.toThrow(
        'b.jpg: drawings (SVG) are not read',
      );
    }
  });

  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'a truncated %s',
    async (kind) => {
      const bytes = await picture(64, 64).toFormat(kind).toBuffer();
      expect(await failure(bytes.subarray(0, bytes.length * 0.6))).toMatch(
        /damaged or cut off \(.+\)/,
      );
    },
  );

  test('a JPEG of very many scans', async () => {
    const file = await picture(16, 16).jpeg({ progressive: true }).toBuffer();
    expect((await decodeImage(file)).width).toBe(16);
    const last = file.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scan = file.subarray(last, file.length - 2);
    const many = Buffer.concat([
      file.subarray(0, last),
      ...Array(200).fill(scan),
      file.subarray(-2),
    ]);
    await expect(decodeImage(many)).rejects.toThrow(/more than 100 scans/);
  });

  test('too many pixels, before anything is decoded', async () => {
    const large = await sharp({
      create: { width: 10000, height: 10000, channels: 3, background: '#888' },
    })
      .png()
      .toBuffer();
    expect(await failure(large)).toBe(
      '10000 x 10000 is 100 megapixels; pictures of 100 megapixels or more are refused. Make it ' +
        'smaller or raise the limit.',
    );
    expect(await failure(await picture(20, 20).png().toBuffer(), { maxPixels: 100 })).toMatch(
      /0\.0004 megapixels/,
    );
  });

  test('no file, and a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fgdet-decode-'));
    try {
      await expect(decodeImage(folder)).rejects.toThrow(`${folder}: this is a folder`);
      const path = join(folder, 'none.jpg');
      await expect(decodeImage(path)).rejects.toThrow(`${path}: there is no such file`);
      await writeFile(path, '');
      await expect(decodeImage(path)).rejects.toThrow(`${path}: the file is empty`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('500 damaged files', () => {
  const kinds = ['jpeg', 'png', 'webp', 'gif', 'tiff'] as const;

  test.each(kinds)('a damaged %s gives a picture or an ImageError', async (kind) => {
    const random = createRandom(kind);
    const whole = await picture(40, 30).toFormat(kind).toBuffer();
    for (let trial = 0; trial < 100; trial++) {
      const result = await decodeImage(damage(whole, random), { name: 'x' }).catch(
        (error) => error,
      );
      if (result instanceof Error) {
        expect(result).toBeInstanceOf(ImageError);
        expect(result.message).toMatch(/^x: [^\n]+\.$/);
      } else {
        expect(result.data.length).toBe(result.width * result.height * 3);
      }
    }
  });
});

/** Cut short, bits flipped, a stretch overwritten, or all of it. */
function damage(whole: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(whole.subarray(0, pickLength(whole.length, random)));
  const flips = random.integer(20);
  for (let i = 0; i < flips && bytes.length > 0; i++) {
    bytes[random.integer(bytes.length)] ^= 1 << random.integer(8);
  }
  if (random.uniform() < 0.2) {
    const start = random.integer(bytes.length + 1);
    bytes.fill(random.integer(256), start, Math.min(bytes.length, start + random.integer(50)));
  }
  return bytes;
}

function pickLength(length: number, random: Random): number {
  return random.uniform() < 0.5 ? length : random.integer(length + 1);
}
