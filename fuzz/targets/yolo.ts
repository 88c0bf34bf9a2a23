import { labelTarget } from '../labelTarget.js';
import { smallPictures } from '../seeds.js';

const { png } = await smallPictures();

export const target = labelTarget({
  format: 'yolo',
  file: 'labels/a.txt',
  labels: '.',
  beside: { 'data.yaml': 'train: images\nnames: [cat, dog]\n', 'images/a.png': png },
  seeds: [
    '1 0.5 0.5 0.2 0.4\n0 0.25 0.5 0.1 1 0.91\n',
    '0 0.1 0.1 0.4 0.1 0.4 0.3 0.1 0.3\n',
    '1 0.1 0.1 0.9 0.1 0.5 0.9\r\n',
  ],
});
