import { labelTarget } from '../labelTarget.js';
import { smallPictures } from '../seeds.js';

const { png } = await smallPictures();

export const target = labelTarget({
  format: 'yolo',
  file: 'obj.data',
  labels: '.',
  beside: {
    'obj.names': 'cat\ndog\n',
    'train.txt': 'data/obj_train_data/a.png\n',
    'obj_train_data/a.txt': '1 0.5 0.5 0.2 0.4\n',
    'obj_train_data/a.png': png,
  },
  seeds: ['classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n'],
});
