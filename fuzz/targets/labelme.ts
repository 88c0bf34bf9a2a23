import { labelme } from '../../test/datasets/labels/samples.js';
import { labelTarget } from '../labelTarget.js';

export const target = labelTarget({
  format: 'labelme',
  file: 'labels/a.json',
  labels: 'labels',
  seeds: [labelme],
});
