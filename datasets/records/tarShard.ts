import { closeSync, fstatSync, readSync } from 'node:fs';
import { UserError } from '../../src/errors.js';
import { openRegularSync } from '../../src/files/regularFile.js';

const block = 512;
const bufferBytes = 32 * block;
/** Of a long name, and of a pax header, which may have more than the name. */
const mostNameBytes = 1 << 20;

/** The files of a sample in a webdataset shard, as far as they are used. */
export const tarMembers = ['json', 'txt', 'picture'] as const;

const pictureEndings = /^(jpe?g|png|webp|gif|tiff?|avif|bmp)$/;

/**
 * Finds the samples of a webdataset shard: files that follow each other and have the same name up to the
 * first dot. Only the headers are read, so that a shard is indexed without its pictures being read.
 * @param add is told where each of `tarMembers` begins and ends, in bytes; -1 for those that are missing
 * @returns what is wrong where the shard is cut off
 * @throws UserError when it is not a tar file
 */
export function scanTar(path: string, add: (spans: number[]) => void): string | undefined {
  const descriptor = openRegularSync(path);
  try {
    const { size } = fstatSync(descriptor);
    const read = bufferedReader(descriptor);
    let offset = 0;
    let key: string | undefined;
    let spans: number[] = [];
    let count = 0;
    let longName: string | undefined;
    const close = () => {
      if (key === undefined) return;
      if (spans.some((side) => side >= 0)) {
        add(spans);
        count++;
      }
      key = undefined;
    };
    const cutOff = () => `${path} is cut off after ${count} whole samples.`;
    while (offset < size) {
      if (offset + block > size) return cutOff();
      const header = readHeader(read(offset, block), path, offset);
      if (header === null) break;
      const start = offset + block;
      if (!(header.size >= 0)) {
        throw new UserError(`${path} is damaged at byte ${offset}: a file without a size.`);
      }
      const end = start + header.size;
      if (end > size) return cutOff();
      offset = start + Math.ceil(header.size / block) * block;
      if (header.type === 'L' || header.type === 'x') {
        if (header.size > mostNameBytes) {
          throw new UserError(
            `${path} is damaged at byte ${start - block}: a name of ${header.size} bytes.`,
          );
        }
        const text = read(start, header.size).toString('utf8');
        longName = header.type === 'L' ? text.replace(/\0.*$/s, '') : (paxPath(text) ?? longName);
        continue;
      }
      const name = longName ?? header.name;
      longName = undefined;
      if (header.type !== '0' && header.type !== '\0') continue;
      const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
      if (dot < 0) continue;
      const stem = name.slice(0, dot);
      if (stem !== key) {
        close();
        key = stem;
        spans = new Array<number>(2 * tarMembers.length).fill(-1);
      }
      const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
      const member = pictureEndings.test(ending) ? 'picture' : ending;
      const place = tarMembers.indexOf(member as (typeof tarMembers)[number]);
      if (place >= 0) spans.splice(2 * place, 2, start, end);
    }
    close();
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Reads single stretches; neighbouring short ones at one go. The result holds until the next call. */
function bufferedReader(descriptor: number): (offset: number, length: number) => Buffer {
  const buffer = Buffer.alloc(bufferBytes);
  let start = 0;
  let filled = 0;
  return (offset, length) => {
    if (length > bufferBytes) {
      const bytes = Buffer.alloc(length);
      readSync(descriptor, bytes, 0, length, offset);
      return bytes;
    }
    if (offset < start || offset + length > start + filled) {
      filled = readSync(descriptor, buffer, 0, bufferBytes, offset);
      start = offset;
    }
    return buffer.subarray(offset - start, offset - start + length);
  };
}

interface TarHeader {
  name: string;
  size: number;
  type: string;
}

/** A ustar header (POSIX.1-1988); null for the block of zeros that ends an archive. */
function readHeader(bytes: Buffer, path: string, offset: number): TarHeader | null {
  if (bytes.every((byte) => byte === 0)) return null;
  const text = (start: number, length: number) =>
    bytes.toString('utf8', start, start + length).replace(/\0.*$/s, '');
  let sum = 0;
  bytes.forEach((byte, i) => {
    // The checksum counts as spaces.
    sum += i >= 148 && i < 156 ? 0x20 : byte;
  });
  if (sum !== Number.parseInt(text(148, 8).trim(), 8)) {
    throw new UserError(
      offset === 0
        ? `${path} is not a tar file. Compressed ones have to be unpacked to .tar first.`
        : `${path} is damaged at byte ${offset}: there is no tar header.`,
    );
  }
  // Sizes of 8 GiB and more are binary, marked by the first bit.
  const size =
    bytes[124] & 0x80
      ? Number(bytes.readBigUInt64BE(128))
      : Number.parseInt(text(124, 12).trim() || '0', 8);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new UserError(`${path} is damaged at byte ${offset}: the tar header has no size.`);
  }
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  return {
    name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    size,
    type: String.fromCharCode(bytes[156]),
  };
}

/** The name in a pax header, whose lines are "length key=value". */
function paxPath(text: string): string | undefined {
  return /^\d+ path=(.*)$/m.exec(text)?.[1];
}
