import { measureReferring } from '../../../eval/detection/referring.js';
import { ToldDetector } from './dataset.js';

test('the best box of each phrase counts, at IoU 0.5', async () => {
  const detector = new ToldDetector({
    'a.jpg': [
      [[0, 0, 10, 10], 'lady', 0.3],
      [[50, 50, 60, 60], 'dog', 0.001],
    ],
    'b.jpg': [[[0, 0, 10, 20], 'lady', 0.9]],
  });
  const of = (image: string, phrase: string, box: [number, number, number, number]) => ({
    ...{ image, phrase, box },
  });
  const measures = await measureReferring(
    detector,
    [
      of('a.jpg', 'lady', [0, 0, 10, 12]),
      of('b.jpg', 'lady', [0, 0, 10, 40]),
      of('a.jpg', 'dog', [0, 0, 10, 10]),
      of('b.jpg', 'cat', [0, 0, 10, 10]),
    ],
    '',
    {},
  );
  expect(measures).toEqual({
    accuracy: 0.5,
    'mean IoU': expect.closeTo((10 / 12 + 0.5) / 4),
    'without a box': 0.25,
    pictures: 2,
    count: 4,
  });
});
