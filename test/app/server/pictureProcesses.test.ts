import sharp from 'sharp';
import { PictureProcesses } from '../../../app/server/pictureProcesses.js';
import { picture } from './testServer.js';

const limits = { pixels: 1e6, decodeMs: 20_000, decodeMsPerMegapixel: 0 };
const sight = { imageSize: 32, patchSize: 16, scales: [1], keepsImage: false };
const size = { width: 320, height: 240 };
const processes = new PictureProcesses(limits);
const hasty = new PictureProcesses({ ...limits, decodeMs: 0 });
afterAll(() => {
  processes.close();
  hasty.close();
});

describe('a picture that a process reads', () => {
  test('comes as a detector wants it, as pixels and as JPEG', async () => {
    const file = await picture();
    const { parts, ...rest } = await processes.prepared(file, size, sight);
    expect(rest).toEqual(size);
    expect([...parts][0].views[0].shown.data).toBeInstanceOf(Uint8Array);
    const image = await processes.pixels(file, size);
    expect(image.data.length).toBe(320 * 240 * 3);
    const jpeg = await sharp(await processes.jpeg(file, size)).metadata();
    expect(jpeg).toMatchObject({ format: 'jpeg', ...size });
  });

  test.each([
    ['text', 'this is no picture'],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    [
      'a drawing in disguise',
      '<!--ftypavif--><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    ],
  ])('%s is refused', async (_, content) => {
    const reading = processes.pixels(Buffer.from(content), size);
    await expect(reading).rejects.toMatchObject({ status: 422 });
  });

  test('has a header, which is read no longer than pictures are', async () => {
    expect(await processes.header(await picture())).toEqual({ ...size, format: 'png' });
    const impatient = new PictureProcesses({ ...limits, decodeMs: 500 });
    try {
      // What counts the frames of an animation comes back to the first for each.
      const reading = impatient.header(await animation(100_000));
      await expect(reading).rejects.toThrow(/not read within 0.5 s/);
    } finally {
      impatient.close();
    }
  });

  test('is given up when it takes too long, and when nobody waits; others are read', async () => {
    const file = await picture();
    await expect(hasty.pixels(file, size)).rejects.toThrow(/not read within 0.0 s/);
    const gone = new AbortController();
    const readings = Array.from({ length: 3 }, () => processes.pixels(file, size, gone.signal));
    gone.abort(new Error('gone'));
    for (const reading of readings) await expect(reading).rejects.toThrow('gone');
    expect((await processes.pixels(file, size)).width).toBe(320);
  });
});

/** A WebP file of very many frames of one pixel. */
async function animation(frames: number): Promise<Buffer> {
  const still = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'grey' } })
    .webp({ lossless: true })
    .toBuffer();
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(data.length);
    return Buffer.concat([Buffer.from(type), length, data]);
  };
  const frame = chunk(
    'ANMF',
    Buffer.concat([Buffer.alloc(12), Buffer.from([100, 0, 0, 0]), still.subarray(12)]),
  );
  const header = chunk('VP8X', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  const body = [
    Buffer.from('WEBP'),
    header,
    chunk('ANIM', Buffer.alloc(6)),
    Buffer.alloc(frames * frame.length, frame),
  ];
  return chunk('RIFF', Buffer.concat(body));
}
