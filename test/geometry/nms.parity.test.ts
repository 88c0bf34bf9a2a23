import { join } from 'node:path';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { classwiseNms, nms } from '../../src/geometry/nms.js';

const golden = process.env.FGDET_GOLDEN ?? join(packageRoot, 'test/fixtures/golden');
const tensors = openSafetensors(join(golden, 'nms', 'nms.safetensors'));
const values = (name: string) => [...tensors.get(name)!.data];

const cases = [...tensors.keys()].flatMap((name) => {
  const match = /^(\w+)\.(keep|keep_classwise)\.iou([\d.]+)$/.exec(name);
  return match ? [{ name, set: match[1], kind: match[2], threshold: Number(match[3]) }] : [];
});

test.each(cases)('$name', ({ name, set, kind, threshold }) => {
  const numbers = values(`${set}.boxes`);
  const boxes = Array.from(
    { length: numbers.length / 4 },
    (_, i) => numbers.slice(4 * i, 4 * i + 4) as unknown as Xyxy,
  );
  const scores = values(`${set}.scores`);
  const kept =
    kind === 'keep'
      ? nms(boxes, scores, threshold)
      : classwiseNms(boxes, scores, values(`${set}.classes`), threshold);
  expect(kept).toEqual(values(name));
});
