import { judgePictures } from '../../../eval/detection/pictureQuality.js';
import { dataset, picture } from './dataset.js';

test('pictures are judged by what is right, wrong and missed above the threshold', () => {
  const things = dataset(
    ['cat', 'dog'],
    [
      picture(1, [
        [[0, 0, 50, 50], 0],
        [[50, 50, 90, 90], 1],
      ]),
      picture(2, []),
      picture(3, [[[10, 10, 60, 60], 0]]),
    ],
  );
  const results = {
    count: 4,
    imageIds: Float64Array.of(1, 1, 3, 2),
    categoryIds: Float64Array.of(10, 20, 10, 10),
    boxes: Float64Array.of(0, 0, 50, 50, 0, 0, 9, 9, 10, 10, 50, 50, 0, 0, 5, 5),
    scores: Float64Array.of(0.9, 0.8, 0.3, 0.9),
  };
  expect(judgePictures(things, results, 0.25)).toEqual([
    { image: 2, right: [2], wrong: [], missed: [], f1: 1 },
    { image: 0, right: [0], wrong: [1], missed: [1], f1: 0.5 },
  ]);
  const [best, worst] = judgePictures(things, results, 0.5);
  expect(best).toMatchObject({ image: 0, f1: 0.5 });
  expect(worst).toEqual({ image: 2, right: [], wrong: [], missed: [0], f1: 0 });
});
