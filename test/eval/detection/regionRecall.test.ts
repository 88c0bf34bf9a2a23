import type { EncodedImage, EncodedPart } from '../../../detectors/encodedImage.js';
import type { Region } from '../../../detectors/featureModel.js';
import { measureRegionRecall } from '../../../eval/detection/regionRecall.js';
import { dataset, picture } from './dataset.js';

const things = dataset(
  ['cat', 'dog'],
  [
    picture(1, [
      [[0, 0, 50, 50], 0],
      [[50, 50, 100, 100], 1],
    ]),
  ],
);

/** A detector that looks at regions, given in shares of the picture. */
function looking(regions?: Region[], regionsFor?: EncodedPart['regionsFor']) {
  const part = { rect: [0, 0, 100, 100], seen: { regions }, regionsFor };
  return {
    async *encodeEach() {
      yield { width: 100, height: 100, parts: [part] } as unknown as EncodedImage;
    },
  };
}

test('recall is of the best regions, whatever the objects are', async () => {
  const wrong = Array.from(
    { length: 10 },
    (): Region => ({ box: [0.6, 0, 0.7, 0.1], quality: 0.5 }),
  );
  const detector = looking([
    { box: [0, 0, 0.5, 0.5], quality: 0.9 },
    ...wrong,
    { box: [0.5, 0.5, 1, 0.9], quality: 0.1 },
  ]);
  const result = await measureRegionRecall(detector, things, '', {});
  // The second fits at IoU 0.8, which reaches seven of the ten thresholds.
  expect(result).toEqual({
    'AR@10': expect.closeTo(0.5),
    'AR@100': expect.closeTo((1 + 0.7) / 2),
    'AR@300': expect.closeTo((1 + 0.7) / 2),
    'AR@1000': expect.closeTo((1 + 0.7) / 2),
    'R50@100': 1,
    count: 2,
  });
});

test('recall is apart for base and novel objects on demand', async () => {
  const detector = looking([{ box: [0, 0, 0.5, 0.5], quality: 0.9 }]);
  const result = await measureRegionRecall(detector, things, '', { base: ['cat'] });
  expect(result).toMatchObject({ 'AR@100': 0.5, 'base AR@100': 1, 'novel AR@100': 0 });
});

test('dense proposals have none, nor have those of a detector that is given the prompts', async () => {
  for (const detector of [looking(), looking([], async () => [])]) {
    await expect(measureRegionRecall(detector, things, '', {})).rejects.toThrow(
      /depend on what is asked for/,
    );
  }
});
