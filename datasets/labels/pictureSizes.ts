import { imageSize } from 'image-size';
import pMap from 'p-map';
import { shownSize } from '../../src/images/decode.js';
import { ImageError } from '../../src/images/imageError.js';
import { readImageFile } from '../../src/images/readImageFile.js';

/** In pixels. */
export interface Size {
  width: number;
  height: number;
}

/** Files that are read at a time. */
const filesAtOnce = 4;

/** Names of files that can be pictures. */
export const picture =
  /\.(jpe?g|jpe|jfif|png|webp|gif|tiff?|avif|svg|bmp|dng|mpo|heic|heif|jp2|pfm)$/i;

/** Kinds that are not decoded here, but whose headers say plainly how large they are. */
const measuredOnly = ['bmp', 'jp2', 'j2c', 'pnm'];

/**
 * Width and height of pictures as viewers show them.
 * @throws ImageError naming the file that cannot be read
 */
export function pictureSizes(files: readonly string[]): Promise<Size[]> {
  return pMap(files, pictureSize, { concurrency: filesAtOnce });
}

/** As `pictureSizes`, with the error for a file that cannot be read. */
export function pictureSizesOrErrors(files: readonly string[]): Promise<(Size | ImageError)[]> {
  const size = (file: string) =>
    pictureSize(file).catch((error: unknown) => {
      if (error instanceof ImageError) return error;
      throw error;
    });
  return pMap(files, size, { concurrency: filesAtOnce });
}

async function pictureSize(file: string): Promise<Size> {
  try {
    return await shownSize(file);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    const size = sizeInHeader(await readImageFile(file));
    if (size) return size;
    throw error;
  }
}

function sizeInHeader(bytes: Uint8Array): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const { type, width, height } = imageSize(bytes);
    if (!measuredOnly.includes(type ?? '')) return undefined;
    // OS/2's bitmaps have numbers of 16 bits.
    const isOs2 = type === 'bmp' && view.getUint32(14, true) === 12;
    const size = isOs2
      ? { width: view.getUint16(18, true), height: view.getUint16(20, true) }
      : { width, height };
    return size.width > 0 && size.height > 0 ? size : undefined;
  } catch {
    return undefined;
  }
}
