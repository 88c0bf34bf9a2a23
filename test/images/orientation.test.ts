import sharp from 'sharp';
import { decodeImage } from '../../src/images/decode.js';
import {
  type AnnotatedOrientation,
  OrientationCounts,
  orientationNote,
} from '../../src/images/orientation.js';

const [width, height] = [12, 20];
const asStored = { width, height };
const asTurned = { width: height, height: width };

/** Every pixel tells where it is stored. */
const pixels = Buffer.from(
  Array.from({ length: width * height }, (_, i) => [
    10 * (i % width),
    10 * Math.floor(i / width),
    0,
  ]).flat(),
);

const withOrientation = (orientation: number) =>
  sharp(pixels, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation })
    .png()
    .toBuffer();

async function taken(orientation: number, annotated: AnnotatedOrientation) {
  const bytes = await withOrientation(orientation);
  const { takenAs, ...image } = await decodeImage(bytes, { applyOrientation: annotated });
  return {
    takenAs,
    size: { width: image.width, height: image.height },
    first: [...image.data.subarray(0, 2)],
  };
}

/** Where the first pixel that viewers show is stored. */
const firstShown: Record<number, [column: number, row: number]> = {
  ...{ 1: [0, 0], 2: [11, 0], 3: [11, 19], 4: [0, 19] },
  ...{ 5: [0, 0], 6: [0, 19], 7: [11, 19], 8: [11, 0] },
};
const orientations = [1, 2, 3, 4, 5, 6, 7, 8];
const swaps = (orientation: number) => orientation >= 5;

describe.each(orientations)('orientation %i', (orientation) => {
  const shownSize = swaps(orientation) ? asTurned : asStored;
  const [column, row] = firstShown[orientation];
  const shown = {
    takenAs: orientation === 1 ? undefined : 'shown',
    size: shownSize,
    first: [10 * column, 10 * row],
  };
  const stored = {
    takenAs: orientation === 1 ? undefined : 'stored',
    ...{ size: asStored, first: [0, 0] },
  };

  test('annotations for the picture as shown', async () => {
    expect(await taken(orientation, shownSize)).toEqual(shown);
  });

  test('annotations for the picture as stored: where sides are swapped, their size says so', async () => {
    expect(await taken(orientation, asStored)).toEqual(swaps(orientation) ? stored : shown);
  });

  test.each<[string, AnnotatedOrientation]>([
    ['no size', {}],
    ['half a size', { width }],
    ['another size', { width: 7, height: 9 }],
  ])('as shown where there is %s', async (_, annotated) => {
    expect(await taken(orientation, annotated)).toEqual(shown);
  });

  test('a choice comes before the size', async () => {
    expect(await taken(orientation, { exif: 'stored', ...shownSize })).toEqual(stored);
    expect(await taken(orientation, { exif: 'shown', ...asStored })).toEqual(shown);
    expect(await taken(orientation, { exif: 'auto', ...shownSize })).toEqual(shown);
  });
});

test('each picture counts once, and nothing is said where there is none', () => {
  const counts = new OrientationCounts();
  for (const path of ['a', 'b', 'a']) counts.add(path, 'shown');
  counts.add('c', 'stored');
  counts.add('d', undefined);
  expect(orientationNote(counts.shown.size, counts.stored.size)).toMatch(
    /2 pictures taken as viewers show them, 1 as they are stored/,
  );
  expect(orientationNote(0, 0)).toBeUndefined();
});
