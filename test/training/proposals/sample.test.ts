import fc from 'fast-check';
import { letterbox, shownSize, toCanvas } from '../../../detectors/letterbox.js';
import type { Xyxy } from '../../../src/geometry/boxes.js';
import { createRandom } from '../../../src/random.js';
import { drawPlacement, placeBoxes } from '../../../training/proposals/sample.js';

const canvas = { width: 64, height: 64 };
const wide = { jitter: { lowest: 0.1, highest: 2 }, flip: true };

describe('drawPlacement', () => {
  test('draws sizes between the bounds, cuts inside the picture, mirrors half', () => {
    const picture = { width: 640, height: 480 };
    const widths: number[] = [];
    const shares: number[] = [];
    let flips = 0;
    for (let seed = 0; seed < 400; seed++) {
      const placement = drawPlacement(picture, canvas, wide, createRandom(seed));
      const { scaled, left, top, flip } = placement;
      widths.push(scaled.width);
      // Both sides are rounded to whole pixels.
      expect(Math.abs(scaled.height - (scaled.width * 3) / 4)).toBeLessThan(0.9);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(top).toBeGreaterThanOrEqual(0);
      expect(left).toBeLessThanOrEqual(Math.max(0, scaled.width - 64));
      expect(top).toBeLessThanOrEqual(Math.max(0, scaled.height - 64));
      if (scaled.width > 100) shares.push(left / (scaled.width - 64));
      if (flip) flips++;
    }
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(Math.min(...widths)).toBeGreaterThanOrEqual(6);
    expect(Math.max(...widths)).toBeLessThanOrEqual(128);
    expect(Math.abs(mean(widths) / 64 - 1.05)).toBeLessThan(0.08);
    expect(Math.abs(mean(shares) - 0.5)).toBeLessThan(0.1);
    expect(flips).toBeGreaterThan(160);
    expect(flips).toBeLessThan(240);
  });

  test('without jitter and flip it is the letterbox', () => {
    const picture = { width: 37, height: 91 };
    const still = { jitter: { lowest: 1, highest: 1 }, flip: false };
    for (let seed = 0; seed < 20; seed++) {
      expect(drawPlacement(picture, canvas, still, createRandom(seed))).toEqual(
        letterbox(picture, canvas),
      );
    }
  });

  test('the same seed draws the same', () => {
    const draw = () => drawPlacement({ width: 30, height: 40 }, canvas, wide, createRandom(3));
    expect(draw()).toEqual(draw());
  });
});

describe('placeBoxes', () => {
  test('every box is inside what is shown, and maps back into its own', () => {
    const side = fc.integer({ min: 1, max: 900 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        side,
        side,
        fc.tuple(share, share, share, share),
        fc.nat(),
        (width, height, box, seed) => {
          const picture = { width, height };
          const placement = drawPlacement(picture, canvas, wide, createRandom(seed));
          const [x1, x2] = [box[0] * width, box[2] * width].sort((a, b) => a - b);
          const [y1, y2] = [box[1] * height, box[3] * height].sort((a, b) => a - b);
          const whole: Xyxy = [x1, y1, x2, y2];
          const shown = shownSize(placement);
          expect(shown.width).toBeLessThanOrEqual(canvas.width);
          expect(shown.height).toBeLessThanOrEqual(canvas.height);
          for (const placed of placeBoxes([{ box: whole, crowd: false }], placement, 0.4)) {
            const exact = toCanvas(whole, placement);
            const limits = [shown.width, shown.height, shown.width, shown.height];
            placed.box.forEach((value, i) => {
              expect(value).toBe(Math.min(Math.max(exact[i], 0), limits[i]));
            });
            expect(placed.box[2] - placed.box[0]).toBeGreaterThanOrEqual(2);
            expect(placed.box[3] - placed.box[1]).toBeGreaterThanOrEqual(2);
          }
        },
      ),
    );
  });

  test('crowds and small rests are to be ignored, what cannot be seen is left out', () => {
    // The canvas shows columns 40 to 104 of the picture.
    const placement = {
      ...letterbox({ width: 128, height: 64 }, canvas),
      scaled: { width: 128, height: 64 },
      left: 40,
    };
    const at = (x1: number, x2: number, crowd = false) => ({
      box: [x1, 10, x2, 20] as Xyxy,
      crowd,
    });
    const boxes = [at(50, 60), at(36, 46), at(34, 44), at(20, 41), at(0, 30), at(50, 90, true)];
    expect(placeBoxes(boxes, placement, 0.5)).toEqual([
      { box: [10, 10, 20, 20], ignore: false },
      { box: [0, 10, 6, 20], ignore: false },
      { box: [0, 10, 4, 20], ignore: true },
      { box: [10, 10, 50, 20], ignore: true },
    ]);
    expect(placeBoxes([at(50, 60)], { ...placement, flip: true }, 0.5)).toEqual([
      { box: [44, 10, 54, 20], ignore: false },
    ]);
  });
});
