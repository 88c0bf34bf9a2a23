import { fiftyone } from '../../test/datasets/labels/samples.js';
import { labelTarget } from '../labelTarget.js';
import { smallPictures } from '../seeds.js';

const { png } = await smallPictures();

export const target = labelTarget({
  format: 'fiftyone',
  file: 'labels.json',
  beside: { 'images/a/one.png': png, 'images/empty.png': png, 'images/new.png': png },
  seeds: [fiftyone],
});
