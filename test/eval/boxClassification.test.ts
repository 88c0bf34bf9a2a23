import {
  classFeatures,
  classifyBoxes,
  type LabelledPicture,
} from '../../eval/boxClassification.js';
import { colourModel, writeStripes } from './colourModel.js';

const left = [0, 0, 0.5, 1] as const;
const right = [0.5, 0.25, 1, 0.75] as const;
const classTexts = [['red'], ['green'], ['blue']];
const classify = (pictures: LabelledPicture[], texts = classTexts) =>
  classifyBoxes(colourModel, pictures, texts, {});

test('boxes are classified by what they show', async () => {
  const [one, two] = [await writeStripes('red', 'blue'), await writeStripes('lime', 'red')];
  const pictures = [
    { file: one, boxes: [left, right], classes: [0, 2] },
    { file: two, boxes: [right, left], classes: [0, 1] },
  ];
  expect(await classify(pictures)).toEqual({ top1: 1, top5: 1, count: 4 });
  pictures[1].classes = [2, 1];
  expect(await classify(pictures)).toEqual({ top1: 0.75, top5: 1, count: 4 });
});

test('every box of many batches is counted with its own picture', async () => {
  const files = [await writeStripes('red', 'blue'), await writeStripes('lime', 'red')];
  const pictures = Array.from({ length: 35 }, (_, i) => ({
    file: files[i % 2],
    boxes: i % 3 === 0 ? [left, right] : [right],
    classes: i % 3 === 0 ? [i % 2 === 0 ? 0 : 1, i % 2 === 0 ? 2 : 0] : [i % 2 === 0 ? 2 : 0],
  }));
  expect(await classify(pictures)).toEqual({ top1: 1, top5: 1, count: 47 });
});

test('a tie counts against the box', async () => {
  const picture = { file: await writeStripes('red'), boxes: [left], classes: [0] };
  const tied = await classify([picture], [['red'], ['green'], ['red']]);
  expect(tied).toEqual({ top1: 0, top5: 1, count: 1 });
  const many = Array.from({ length: 6 }, () => ['red']);
  expect(await classify([picture], many)).toMatchObject({ top1: 0, top5: 0 });
});

test('texts of one class weigh the same, however long their features', async () => {
  const features = await classFeatures(colourModel, [['bright red', 'green'], ['blue']], 'box');
  const half = Math.SQRT1_2;
  expect(features.shape).toEqual([2, 3]);
  [half, half, 0, 0, 0, 1].forEach((value, i) => {
    expect(features.data[i]).toBeCloseTo(value);
  });
});
