import { labelTarget } from '../labelTarget.js';
import { smallPictures } from '../seeds.js';

const { png } = await smallPictures();

export const target = labelTarget({
  format: 'yolo',
  file: 'data.yaml',
  labels: '.',
  beside: {
    'labels/a.txt': '1 0.5 0.5 0.2 0.4\n',
    'images/a.png': png,
    'train.txt': 'images/a.png\n',
  },
  seeds: [
    'train: images\nnames: [cat, dog]\n',
    'path: .\ntrain: [images, train.txt]\nval: null\ntest: images\nnc: 2\nnames:\n  0: cat\n  1: "dog"\nkpt_shape: [17, 3]\n',
    'train: train.txt\nnames: &n\n  - cat\n  - dog\nother: *n\n',
  ],
});
