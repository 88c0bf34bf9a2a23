import type { CocoDataset } from '../../datasets/coco.js';
import type { GroundTruth } from '../coco/index.js';

/** A data set's objects as the scorer takes them.  */
export function groundTruthOfDataset({
  images,
  categories,
}: Pick<CocoDataset, 'images' | 'categories'>): GroundTruth {
  const objects = images.flatMap(({ id, boxes }) => boxes.map((box) => ({ ...box, image: id })));
  const boxes = new Float64Array(4 * objects.length);
  objects.forEach(({ xywh }, row) => {
    boxes.set(xywh, 4 * row);
  });
  return {
    images: images.map(({ id }) => id),
    categories: categories.map(({ id }) => id),
    count: objects.length,
    imageIds: Float64Array.from(objects, ({ image }) => image),
    categoryIds: Float64Array.from(objects, ({ category }) => categories[category].id),
    boxes,
    areas: Float64Array.from(objects, ({ area }) => area),
    crowds: Uint8Array.from(objects, ({ crowd }) => (crowd ? 1 : 0)),
  };
}
