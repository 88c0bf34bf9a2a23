import fc from 'fast-check';
import {
  compressCounts,
  decodeMask,
  decompressCounts,
  encodeMask,
  intersectMasks,
  maskArea,
  maskBox,
  maskOfCounts,
  maskOfPolygon,
  maskOfSegmentation,
  uniteMasks,
} from '../../src/masks/index.js';

const side = fc.integer({ min: 1, max: 12 });

/** Some masks of one size, as pixels column by column. */
const pictures = fc
  .tuple(side, side, fc.integer({ min: 1, max: 4 }))
  .chain(([height, width, count]) => {
    const pixels = fc.array(fc.integer({ min: 0, max: 1 }), {
      minLength: height * width,
      maxLength: height * width,
    });
    return fc
      .array(pixels, { minLength: count, maxLength: count })
      .map((masks) => ({ height, width, masks }));
  });

describe('any mask', () => {
  test('comes back from its runs, and from their string', () => {
    fc.assert(
      fc.property(pictures, ({ height, width, masks: [pixels] }) => {
        const mask = encodeMask(pixels, height, width);
        expect([...decodeMask(mask)]).toEqual(pixels);
        expect(decompressCounts(compressCounts(mask.counts))).toEqual([...mask.counts]);
        expect(maskArea(mask)).toBe(pixels.filter((pixel) => pixel === 1).length);
        const [x, y, w, h] = maskBox(mask);
        const inBox = pixels.every((pixel, i) => {
          const [column, row] = [Math.floor(i / height), i % height];
          return pixel === 0 || (column >= x && column < x + w && row >= y && row < y + h);
        });
        expect(inBox).toBe(true);
      }),
    );
  });

  test('is combined with others as pixels are', () => {
    fc.assert(
      fc.property(pictures, ({ height, width, masks }) => {
        const encoded = masks.map((pixels) => encodeMask(pixels, height, width));
        const places = [...masks[0].keys()];
        expect([...decodeMask(uniteMasks(encoded))]).toEqual(
          places.map((i) => Math.max(...masks.map((pixels) => pixels[i]))),
        );
        expect([...decodeMask(intersectMasks(encoded))]).toEqual(
          places.map((i) => Math.min(...masks.map((pixels) => pixels[i]))),
        );
      }),
    );
  });
});

test('any lengths come back from their string', () => {
  const length = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(fc.array(length), (counts) => {
      expect(decompressCounts(compressCounts(counts))).toEqual(counts);
    }),
  );
});

const size = { height: 4, width: 5 };
const counted = (counts: string | number[], of = [4, 5]) => ({ size: of, counts });
test.each<[string, Parameters<typeof maskOfSegmentation>[0], RegExp]>([
  ['no polygon', [], /has no polygons/],
  ['two corners', [[0, 0, 1, 1]], /must have three corners or more, .* not 4 numbers/],
  ['half a corner', [[0, 0, 1, 1, 2, 2, 3]], /not 7 numbers/],
  ['a corner that is no number', [[0, 0, 1, 1, 2, Number.NaN]], /no numbers, or far too large/],
  ['a corner far away', [[0, 0, 1, 1, 2, 1e12]], /no numbers, or far too large/],
  ['counts of another size', counted([3, 4]), /make 7 pixels, but 4 × 5 are 20/],
  ['a negative count', counted([25, -5]), /counts\[1\] must be a whole number, not -5/],
  ['half a pixel', counted([0.5, 19.5]), /counts\[0\] must be a whole number/],
  ['a size of one side', counted([20], [20]), /must be its height and width/],
  ['a size far too large', counted([20], [1e9, 1e9]), /must be whole numbers of at most/],
  ['a string cut off', counted('S'), /do not end at character 1/],
  ['a wrong character', counted('S~'), /wrong character at 1/],
  ['a string without end', counted('oooooooooooo'), /do not end at character/],
])('%s is refused', (_, segmentation, message) => {
  expect(() => maskOfSegmentation(segmentation, size)).toThrow(RangeError);
  expect(() => maskOfSegmentation(segmentation, size)).toThrow(message);
});

test('masks of two sizes, and none, are not combined', () => {
  const [a, b] = [maskOfCounts([20], 4, 5), maskOfCounts([20], 5, 4)];
  expect(() => uniteMasks([a, b])).toThrow(/4 × 5 and 5 × 4 pixels cannot be combined/);
  expect(() => intersectMasks([])).toThrow(/no masks/);
});

test('a polygon far larger than its picture fills it', () => {
  const mask = maskOfPolygon([-1e4, -1e4, -1e4, 1e4, 1e4, 1e4, 1e4, -1e4], 4, 5);
  expect([...mask.counts]).toEqual([0, 20]);
});
