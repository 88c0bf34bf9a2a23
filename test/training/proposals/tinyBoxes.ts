import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

export interface TinyBox {
  category_id: number;
  bbox: [number, number, number, number];
  iscrowd?: number;
}

/**
 * Writes a data set in COCO's layout: pictures of 48 x 32 pixels in `images/`, and `annotations.json` with
 * the categories 1 (cat) and 2 (dog).
 * @param boxes those of each picture.
 */
export async function writeTinyBoxes(folder: string, boxes: TinyBox[][]): Promise<void> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  const images = boxes.map((_, id) => ({ id, file_name: `${id}.png`, width: 48, height: 32 }));
  const annotations = boxes.flatMap((own, image_id) => own.map((box) => ({ image_id, ...box })));
  const categories = ['cat', 'dog'].map((name, i) => ({ id: i + 1, name }));
  writeFileSync(
    join(folder, 'annotations.json'),
    JSON.stringify({ images, annotations, categories }),
  );
  for (const { id } of images) {
    const background = { r: (id * 37) % 256, g: (id * 91) % 256, b: (id * 53) % 256 };
    const image = sharp({ create: { width: 48, height: 32, channels: 3, background } });
    await image.png().toFile(join(folder, 'images', `${id}.png`));
  }
}
