import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listedSize, readCoco } from '../../datasets/coco.js';
import { UserError } from '../../src/errors.js';
import { boxArea, clipBox } from '../../src/geometry/boxes.js';
import type { ExifChoice } from '../../src/images/orientation.js';
import type { NamedPicture } from './namedPicture.js';
import type { NameList } from './nameList.js';

/**
 * The pictures of a COCO annotation file. Those without a box are background; a crowd is neither background nor
 * learnt.
 * @throws UserError for a file that is missing, broken or without a box
 */
export function readNamedCoco(
  { annotations, images, exif }: { annotations: string; images: string; exif?: ExifChoice },
  names: NameList,
): NamedPicture[] {
  const missing = [annotations, images].filter((path) => !existsSync(path));
  if (missing.length > 0) {
    throw new UserError(
      `There is no ${missing.join(', and no ')} (looked for from ${process.cwd()}).`,
    );
  }
  const dataset = readCoco(annotations);
  const nameOf = (category: number) =>
    names.placeOf(dataset.categories[category].name, `${annotations}: categories[${category}]`);
  return dataset.images.map((image) => {
    const { file, boxes } = image;
    const { width, height } = listedSize(image, annotations, 'training needs them');
    const inside = boxes
      .map(({ box, ...rest }) => ({ ...rest, box: clipBox(box, width, height) }))
      .filter(({ box }) => boxArea(box) > 0);
    return {
      path: join(images, file),
      ...(exif && { exif }),
      shows: {
        size: { width, height },
        boxes: inside
          .filter(({ crowd }) => !crowd)
          .map(({ box, category }) => ({ box, name: nameOf(category) })),
        neither: inside.filter(({ crowd }) => crowd).map(({ box }) => box),
      },
    };
  });
}
