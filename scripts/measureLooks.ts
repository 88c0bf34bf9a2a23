/**
 * Measures what regions look like that show nothing in particular: the mean look of the boxes that the model for
 * photographs proposes where nothing is annotated. Examples are compared without it.
 *
 *   node dist/scripts/measureLooks.js data/coco-tiny/annotations/instances_train2017.json data/coco-tiny/train2017
 */
import { join } from 'node:path';
import { readCoco } from '../datasets/coco.js';
import { loadDetector } from '../detectors/loadDetector.js';
import { writeTextAtomically } from '../src/files/atomicFile.js';
import { boxIou, scaleBox } from '../src/geometry/boxes.js';
import { shippedModel } from '../src/modelFamily.js';

const [annotations, folder] = process.argv.slice(2);
const regionsPerPicture = 30;
const mostOverlap = 0.3;

const { images } = readCoco(annotations);
const detector = await loadDetector(shippedModel);
let [sum, count] = [new Float64Array(0), 0];
for (const { file, boxes } of images) {
  const { width, height, parts } = await detector.encode(join(folder, file));
  const { seen } = parts[0];
  const objects = boxes.map(({ box }) => scaleBox(box, 1 / width, 1 / height));
  const regions = (seen.regions ?? [])
    .slice(0, regionsPerPicture)
    .map(({ box }) => box)
    .filter((box) => objects.every((object) => boxIou(box, object) < mostOverlap));
  const { shown } = await seen.looks(regions, []);
  if (sum.length === 0) sum = new Float64Array(shown.dimension);
  for (let i = 0; i < shown.values.length; i++) sum[i % sum.length] += shown.values[i];
  count += shown.count;
}
await detector.dispose();
const background = Array.from(sum, (value) => Number((value / count).toFixed(6)));
await writeTextAtomically(join(shippedModel, 'looks.json'), `${JSON.stringify({ background })}\n`);
console.log(
  `${join(shippedModel, 'looks.json')}: the mean of ${count} regions of ${images.length} pictures`,
);
