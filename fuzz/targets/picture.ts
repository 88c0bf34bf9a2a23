import { checkPixels, pictureHeader } from '../../app/server/pictureHeader.js';
import { decodeImage } from '../../src/images/decode.js';
import { sizeOfBytes } from '../../src/images/sizeOfBytes.js';
import { smallPictures } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

/** The header, then the pixels. */
export const target: FuzzTarget = {
  seeds: async () => Object.values(await smallPictures()),
  async read(input) {
    const { width, height } = await pictureHeader(input);
    checkPixels({ width, height }, 50e6);
    if (!(width > 0 && height > 0)) throw new Error(`It has ${width} x ${height} pixels.`);
    await sizeOfBytes(input, 'the picture');
    const { data, ...size } = await decodeImage(input, { maxPixels: 1e6 });
    if (data.length !== 3 * size.width * size.height) throw new Error('Pixels are missing.');
  },
};
