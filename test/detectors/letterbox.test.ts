import fc from 'fast-check';
import {
  letterbox,
  type Placement,
  renderCanvas,
  scaledToFit,
  shownSize,
  toCanvas,
  toPicture,
} from '../../detectors/letterbox.js';
import type { Size } from '../../detectors/scales.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { clipNormalisation } from '../../src/images/preprocess.js';

const side = (max: number) => fc.integer({ min: 1, max });
const size = (max: number) => fc.record({ width: side(max), height: side(max) });
const corner = fc.double({ min: 0, max: 5000, noNaN: true });
const anyBox = fc.tuple(corner, corner, corner, corner);

/** Any placement: pictures larger or smaller than the canvas, cut anywhere, mirrored or not. */
const anyPlacement = fc
  .record({
    picture: size(3000),
    canvas: size(1200),
    factor: fc.double({ min: 0.1, max: 2, noNaN: true }),
    cutX: fc.double({ min: 0, max: 1, noNaN: true }),
    cutY: fc.double({ min: 0, max: 1, noNaN: true }),
    flip: fc.boolean(),
  })
  .map(({ picture, canvas, factor, cutX, cutY, flip }): Placement => {
    const scaled = scaledToFit(picture, canvas, factor);
    return {
      ...{ picture, canvas, scaled, flip },
      left: Math.floor(cutX * Math.max(0, scaled.width - canvas.width)),
      top: Math.floor(cutY * Math.max(0, scaled.height - canvas.height)),
    };
  });

test('a letterboxed picture fills one side of the canvas and fits the other', () => {
  fc.assert(
    fc.property(size(6000), size(1200), (picture, canvas) => {
      const placement = letterbox(picture, canvas);
      const shown = shownSize(placement);
      expect(shown).toEqual(placement.scaled);
      expect(shown.width === canvas.width || shown.height === canvas.height).toBe(true);
      const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
      const error = (a: number, b: number) => Math.abs(a - Math.max(1, b));
      expect(error(shown.width, scale * picture.width)).toBeLessThanOrEqual(0.5);
      expect(error(shown.height, scale * picture.height)).toBeLessThanOrEqual(0.5);
      const { width, height } = picture;
      expect(toCanvas([0, 0, width, height], placement)).toEqual([0, 0, shown.width, shown.height]);
    }),
  );
});

test('what maps a box to the canvas is undone', () => {
  fc.assert(
    fc.property(anyPlacement, anyBox, (placement, box) => {
      const undone = toPicture(toCanvas(box, placement), placement);
      // Rounding of coordinates that may be as large as the largest number on the way.
      const { picture, canvas, scaled, left, top } = placement;
      const large = Math.max(...box, left, top, canvas.width, canvas.height, 1);
      const scale = Math.max(picture.width / scaled.width, picture.height / scaled.height, 1);
      const spread = Math.max(scaled.width / picture.width, scaled.height / picture.height, 1);
      undone.forEach((value, i) => {
        expect(Math.abs(value - box[i])).toBeLessThanOrEqual(2 ** -49 * large * scale * spread);
      });
    }),
  );
});

test('a mirrored box mirrored again is the box', () => {
  fc.assert(
    fc.property(anyPlacement, anyBox, (placement, box) => {
      const plain = toCanvas(box, { ...placement, flip: false });
      const { width } = shownSize(placement);
      const [x1, y1, x2, y2] = toCanvas(box, { ...placement, flip: true });
      [width - x2, y1, width - x1, y2].forEach((value, i) => {
        expect(value).toBeCloseTo(plain[i], 6);
      });
    }),
  );
});

const plain = { rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;

/** A black picture, white in a box of whole pixels. */
function whiteBox({ width, height }: Size, [x1, y1, x2, y2]: Xyxy) {
  const data = new Uint8Array(3 * width * height);
  for (let y = y1; y < y2; y++) data.fill(255, 3 * (y * width + x1), 3 * (y * width + x2));
  return { width, height, data };
}

/** Bounds and sum of a canvas's first channel, weighed by brightness: edges to fractions of a pixel. */
function brightArea(pixels: Float32Array, { width, height }: Size) {
  const columns = new Float64Array(width);
  const rows = new Float64Array(height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      columns[x] = Math.max(columns[x], pixels[y * width + x] / 255);
      rows[y] = Math.max(rows[y], pixels[y * width + x] / 255);
    }
  }
  const middle = (values: Float64Array) => {
    const sum = values.reduce((total, value) => total + value, 0);
    const centre = values.reduce((total, value, i) => total + value * (i + 0.5), 0) / sum;
    return [centre - sum / 2, centre + sum / 2];
  };
  const [[x1, x2], [y1, y2]] = [middle(columns), middle(rows)];
  return [x1, y1, x2, y2];
}

describe('renderCanvas', () => {
  const picture = { width: 60, height: 40 };
  const canvas = { width: 48, height: 56 };
  const box: Xyxy = [20, 12, 36, 30];

  test.each<[string, Partial<Placement>]>([
    ['letterboxed', {}],
    ['mirrored', { flip: true }],
    ['shrunk', { scaled: { width: 30, height: 20 } }],
    ['shrunk and mirrored', { scaled: { width: 30, height: 20 }, flip: true }],
    ['enlarged and cut', { scaled: { width: 90, height: 60 }, left: 17, top: 3 }],
    ['enlarged, cut and mirrored', { scaled: { width: 90, height: 60 }, left: 25, flip: true }],
    ['cut on one side', { scaled: { width: 60, height: 40 }, left: 9, flip: true }],
  ])('a box is where toCanvas says: %s', (_, change) => {
    const placement = { ...letterbox(picture, canvas), ...change };
    const target = new Float32Array(3 * canvas.width * canvas.height).fill(7);
    renderCanvas(whiteBox(picture, box), placement, plain, target);
    const seen = brightArea(target, canvas);
    toCanvas(box, placement).forEach((value, i) => {
      expect(Math.abs(seen[i] - value)).toBeLessThan(0.25);
    });
  });

  test('padding is 0 after normalisation, below and on the right', () => {
    const black = whiteBox(picture, [0, 0, 0, 0]);
    for (const size of [canvas, { width: 90, height: 40 }]) {
      const placement = letterbox(picture, size);
      const shown = shownSize(placement);
      const target = new Float32Array(3 * size.width * size.height).fill(7);
      renderCanvas(black, placement, clipNormalisation, target);
      target.forEach((value, i) => {
        const x = i % size.width;
        const y = Math.floor(i / size.width) % size.height;
        expect(value === 0).toBe(x >= shown.width || y >= shown.height);
      });
    }
  });

  test('a picture of another size is refused', () => {
    const placement = letterbox(picture, canvas);
    const other = whiteBox({ width: 40, height: 60 }, [0, 0, 1, 1]);
    const target = new Float32Array(3 * 48 * 56);
    expect(() => renderCanvas(other, placement, plain, target)).toThrow(/60 x 40 .* 40 x 60/);
  });
});
