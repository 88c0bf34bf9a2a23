import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

/** Made-up things that no network knows, and how a picture of each is drawn: X differs from picture to picture. */
const things = {
  zorgle:
    '<rect width="160" height="120" fill="green"/><circle cx="80" cy="60" r="X" fill="none" stroke="gold" stroke-width="18"/>',
  blinth:
    '<rect width="160" height="120" fill="white"/><path d="M0 X H160 M0 60 H160 M0 100 H160" stroke="purple" stroke-width="14"/>',
};

export type DrawnThing = keyof typeof things;

export const drawnSize = { width: 160, height: 120 };

/** Draws a thing. @param variant 0, 1, … */
export function drawThing(thing: DrawnThing, variant: number, file: string): Promise<unknown> {
  const { width, height } = drawnSize;
  const drawn = things[thing].replace('X', String(25 + 3 * variant));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawn}</svg>`;
  return sharp(Buffer.from(svg)).jpeg().toFile(file);
}

/** A folder of pictures for each name. @param names what the folder of a thing is called; default: like the thing. */
export async function drawFolders(
  folder: string,
  count: number,
  names: Partial<Record<DrawnThing, string>> = { zorgle: 'zorgle', blinth: 'blinth' },
): Promise<void> {
  for (const [thing, name] of Object.entries(names) as [DrawnThing, string][]) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < count; i++) await drawThing(thing, i, join(folder, name, `${i}.jpg`));
  }
}

/** A COCO file with one picture, `a.jpg` of a zorgle. @param changes what its box is to be instead. */
export function writeCoco(file: string, changes: object = {}, name = 'zorgle'): void {
  const box = { bbox: [40, 20, 80, 80], area: 6400, iscrowd: 0, category_id: 1, ...changes };
  writeFileSync(
    file,
    JSON.stringify({
      images: [{ id: 1, file_name: 'a.jpg', ...drawnSize }],
      annotations: [{ id: 1, image_id: 1, ...box }],
      categories: [{ id: 1, name }],
    }),
  );
}
