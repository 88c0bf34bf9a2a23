import { coco } from '../../test/datasets/labels/samples.js';
import { labelTarget } from '../labelTarget.js';

export const target = labelTarget({ format: 'coco', file: 'labels.json', seeds: [coco] });
