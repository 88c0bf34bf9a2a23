import sharp from 'sharp';
import { ImageError } from './imageError.js';

/**
 * Width and height, as viewers show it, of a picture that is held in memory.
 * @param name for messages.
 * @throws ImageError when it is none that can be read.
 */
export async function sizeOfBytes(
  bytes: Uint8Array,
  name: string,
): Promise<{ width: number; height: number }> {
  try {
    const { autoOrient } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw new ImageError(name, 'it is no picture that can be read.', { cause: error });
  }
}
