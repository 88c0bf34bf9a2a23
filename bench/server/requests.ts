import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import type { Random } from '../../src/random.js';

/** A request of a client's. */
export interface LoadRequest {
  kind: string;
  headers: Record<string, string>;
  body: Buffer;
  /** What it may be answered with, besides that there is no room for it. */
  status: number;
  /** Whether the client goes in the middle of its body. */
  aborted?: boolean;
}

/** What clients send. */
export interface LoadRequests {
  wellFormed: readonly LoadRequest[];
  malformed: readonly LoadRequest[];
}

const json = { 'content-type': 'application/json' };
const boundary = 'boundary-of-a-client';
const form = { 'content-type': `multipart/form-data; boundary=${boundary}` };
const prompts = ['a strawberry', 'a bell', 'a pink rooster', 'a red car|a truck', 'a green tree'];

/** Requests of all kinds, made before so that making them takes no time of the server's. */
export async function loadRequests(random: Random): Promise<LoadRequests> {
  const pictures: Buffer[] = [];
  for (const [width, height] of [
    [320, 240],
    [640, 480],
    [800, 1200],
    [1920, 1080],
  ]) {
    pictures.push(await noise(width, height, random));
  }
  const wellFormed = pictures.flatMap((picture, i) => [
    request('JSON', json, 200, detectJson(picture, i)),
    request('form', form, 200, detectForm(picture, i)),
  ]);
  const [small] = pictures;
  const whole = detectForm(small, 0);
  const malformed = [
    request('JSON that is none', json, 400, Buffer.from('{"image": {"base64": ')),
    request('no prompts', json, 400, Buffer.from('{"image": "http://a.test/b.jpg"}')),
    request('form cut off', form, 400, whole.subarray(0, whole.length - 100)),
    request('no picture', json, 422, detectJson(Buffer.from('this is no picture'), 0)),
    request('picture cut off', json, 422, detectJson(small.subarray(0, 2000), 0)),
    request('50000 x 50000 pixels', json, 413, detectJson(hugePng(), 0)),
    request('wrong type', { 'content-type': 'text/csv' }, 415, Buffer.from('a,b')),
    { ...request('gone in the body', form, 0, whole), aborted: true },
  ];
  return { wellFormed, malformed };
}

function request(
  kind: string,
  headers: Record<string, string>,
  status: number,
  body: Buffer,
): LoadRequest {
  return { kind, headers, status, body };
}

function detectJson(picture: Buffer, i: number): Buffer {
  const asked = [prompts[i % prompts.length], prompts[(i + 1) % prompts.length]];
  return Buffer.from(
    JSON.stringify({ image: { base64: picture.toString('base64') }, prompts: asked }),
  );
}

function detectForm(picture: Buffer, i: number): Buffer {
  const part = (name: string, more = '') =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
  return Buffer.concat([
    Buffer.from(part('image', '; filename="a.jpg"')),
    picture,
    Buffer.from(`\r\n${part('prompts')}${prompts[i % prompts.length]}\r\n--${boundary}--\r\n`),
  ]);
}

/** A picture of coloured squares, as a JPEG file. */
function noise(width: number, height: number, random: Random): Promise<Buffer> {
  const [columns, rows] = [16, 12];
  const data = Buffer.from(Array.from({ length: columns * rows * 3 }, () => random.integer(256)));
  return sharp(data, { raw: { width: columns, height: rows, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .jpeg()
    .toBuffer();
}

/** The begin of a PNG that says it is of 50000 x 50000 pixels. */
function hugePng(): Buffer {
  const [side, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  side.writeUInt32BE(50_000);
  const header = Buffer.concat([Buffer.from('IHDR'), side, side, Buffer.from([8, 2, 0, 0, 0])]);
  check.writeUInt32BE(crc32(header));
  const begin = Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\r', 'latin1');
  return Buffer.concat([begin, header, check, Buffer.from('\0\0\0\x0aIDAT'), Buffer.alloc(14)]);
}
