import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  picture,
  pictureSizes,
  pictureSizesOrErrors,
} from '../../../datasets/labels/pictureSizes.js';
import { ImageError } from '../../../src/images/imageError.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-sizes-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: Uint8Array | string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The header of a bitmap. */
function bitmap(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(58);
  bytes.write('BM');
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  return bytes;
}

/** The header of a bitmap of OS/2. */
function oldBitmap(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.write('BM');
  bytes.writeUInt32LE(12, 14);
  bytes.writeUInt16LE(width, 18);
  bytes.writeUInt16LE(height, 20);
  return bytes;
}

/** The boxes of JPEG 2000 that say how large the picture is. */
function jpeg2000(width: number, height: number): Buffer {
  const box = (type: string, content: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(8 + content.length);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, content]);
  };
  const size = Buffer.alloc(14);
  size.writeUInt32BE(height);
  size.writeUInt32BE(width, 4);
  return Buffer.concat([
    box('jP  ', Buffer.from([13, 10, 0x87, 10])),
    box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ', 'latin1')),
    box('jp2h', box('ihdr', size)),
  ]);
}

test.each<[string, () => Uint8Array | string]>([
  ['a.bmp', () => bitmap(30, 20)],
  ['top-down.bmp', () => bitmap(30, -20)],
  ['old.bmp', () => oldBitmap(30, 20)],
  ['a.jp2', () => jpeg2000(30, 20)],
  ['a.pfm', () => 'PF\n30 20\n-1.0\n'],
])('%s is measured, though not decoded', async (name, content) => {
  expect(name).toMatch(picture);
  expect(await pictureSizes([fileOf(name, content())])).toEqual([{ width: 30, height: 20 }]);
});

test('an MPO is turned as viewers show it', async () => {
  const create = { width: 30, height: 20, channels: 3 as const, background: 'red' };
  const jpeg = await sharp({ create }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const file = fileOf('a.mpo', jpeg);
  expect(await pictureSizes([file])).toEqual([{ width: 20, height: 30 }]);
});

test.each([
  ['no picture', 'text'],
  ['a bitmap that is cut off', 'BM'],
  ['a bitmap without height', bitmap(30, 0)],
])('%s is an error', async (name, content) => {
  const file = fileOf(`${name}.bmp`, content);
  await expect(pictureSizes([file])).rejects.toThrow(ImageError);
  const [good, bad] = await pictureSizesOrErrors([fileOf('good.bmp', bitmap(3, 2)), file]);
  expect(good).toEqual({ width: 3, height: 2 });
  expect((bad as ImageError).message).toContain(file);
});
