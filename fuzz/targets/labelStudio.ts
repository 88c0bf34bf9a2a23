import { labelStudio } from '../../test/datasets/labels/samples.js';
import { labelTarget } from '../labelTarget.js';

export const target = labelTarget({
  format: 'label-studio',
  file: 'labels.json',
  seeds: [labelStudio],
});
