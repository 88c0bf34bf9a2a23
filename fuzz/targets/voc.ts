import { voc } from '../../test/datasets/labels/samples.js';
import { labelTarget } from '../labelTarget.js';

export const target = labelTarget({
  format: 'voc',
  file: 'labels/a.xml',
  labels: 'labels',
  seeds: [voc],
});
