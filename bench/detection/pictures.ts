import { join } from 'node:path';
import sharp from 'sharp';
import type { Random } from '../../src/random.js';

const [width, height] = [4000, 3000];

/** Writes JPEGs of 12 megapixels, as large as a camera's: shapes of all sizes, and grain. */
export async function writePictures(
  folder: string,
  count: number,
  random: Random,
): Promise<string[]> {
  const files: string[] = [];
  for (let i = 0; i < count; i++) {
    const file = join(folder, `picture-${i}.jpg`);
    const grain = { width, height, channels: 3 as const, background: 'grey' };
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 20 };
    const grainy = await sharp({ create: { ...grain, noise } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    await sharp(Buffer.from(drawing(random.fork(i))))
      .composite([{ input: grainy, blend: 'soft-light' }])
      .jpeg({ quality: 90 })
      .toFile(file);
    files.push(file);
  }
  return files;
}

function drawing(random: Random): string {
  const within = (size: number) => Math.round(size * random.uniform());
  const colour = () => `hsl(${within(360)} ${30 + within(60)}% ${20 + within(60)}%)`;
  const shapes = Array.from({ length: 60 }, (_, i) => {
    const size = 1200 * random.uniform() ** 2 + 30;
    const place = `fill="${colour()}" transform="translate(${within(width)} ${within(height)})"`;
    return i % 2 === 0
      ? `<ellipse rx="${size}" ry="${size * (0.4 + random.uniform())}" ${place}/>`
      : `<rect width="${size}" height="${size * (0.4 + random.uniform())}" ${place}/>`;
  });
  return (
    `<svg width="${width}" height="${height}"><rect width="100%" height="100%" fill="${colour()}"/>` +
    `${shapes.join('')}</svg>`
  );
}
