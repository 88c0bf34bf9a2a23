import { recogniseDescriptions } from '../../eval/hardNegatives.js';
import { colourModel, writeStripes } from './colourModel.js';

const left = [0, 0, 0.5, 1] as const;
const right = [0.5, 0, 1, 1] as const;

async function recognise(...descriptions: string[][]) {
  const file = await writeStripes('red', 'blue');
  const boxes = [left, right].slice(0, descriptions.length);
  return recogniseDescriptions(colourModel, [{ file, boxes, descriptions }], {});
}

test('a box counts when its true description, the first, is the closest', async () => {
  expect(await recognise(['red', 'green', 'white'], ['blue', 'red'])).toEqual({
    top1: 1,
    ties: 0,
    count: 2,
  });
  expect(await recognise(['red', 'blue'], ['red', 'blue'])).toEqual({
    top1: 0.5,
    ties: 0,
    count: 2,
  });
});

test('a tie counts against the box, and is told', async () => {
  expect(await recognise(['red', 'green', 'bright red'])).toEqual({ top1: 0, ties: 1, count: 1 });
  expect(await recognise(['green', 'blue'])).toEqual({ top1: 0, ties: 1, count: 1 });
});
