import { decodeImage } from '../../src/images/decode.js';
import { type DrawnDetection, drawDetections } from '../../src/images/draw.js';
import { labelColours, luminance, type Rgb, textColourOn } from '../../src/images/labelColours.js';
import type { RgbImage } from '../../src/images/rgbImage.js';

function grey(width: number, height: number): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(90) };
}

function found(label: string, score: number, ...box: [number, number, number, number]) {
  const [xmin, ymin, xmax, ymax] = box;
  return { label, score, box: { xmin, ymin, xmax, ymax } };
}

function pixel({ width, data }: RgbImage, x: number, y: number): number[] {
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}

/** Lines are smoothed, so that their colour mixes with what is beside them. */
function distance(colour: number[], expected: Rgb | undefined): number {
  return colour.reduce((sum, value, i) => sum + Math.abs(value - (expected?.[i] ?? Infinity)), 0);
}

async function drawn(image: RgbImage, detections: DrawnDetection[], options = {}) {
  return decodeImage(await drawDetections(image, detections, options));
}

describe('drawDetections', () => {
  test('keeps the picture where nothing was found', async () => {
    const image = { ...grey(600, 400), data: new Uint8Array(600 * 400 * 3).map((_, i) => i % 251) };
    expect((await drawn(image, [])).data).toEqual(image.data);
  });

  test('frames lie on the boxes in the label’s colour', async () => {
    const image = await drawn(grey(600, 400), [found('dog', 0.9, 100, 150, 300, 350)], {
      labels: ['cat', 'dog'],
    });
    const colour = labelColours([], ['cat', 'dog']).get('dog');
    expect(distance(pixel(image, 100, 250), colour)).toBeLessThan(100);
    expect(distance(pixel(image, 299, 250), colour)).toBeLessThan(100);
    expect(distance(pixel(image, 200, 349), colour)).toBeLessThan(100);
    expect(pixel(image, 50, 50)).toEqual([90, 90, 90]);
    // The chip stands on the frame's upper left corner.
    expect(distance(pixel(image, 102, 142), colour)).toBeLessThan(100);
  });

  test('small pictures are enlarged so that labels can be read, or kept when asked', async () => {
    const small = await drawn(grey(100, 80), [found('a red fire engine', 0.9, 10, 10, 60, 60)]);
    expect([small.width, small.height]).toEqual([500, 400]);
    const kept = await drawn(grey(100, 80), [found('dog', 0.9, 10, 10, 60, 60)], { minSide: 0 });
    expect([kept.width, kept.height]).toEqual([100, 80]);
  });

  test('boxes outside the picture, without area or of no number are left out', async () => {
    const image = grey(600, 400);
    const drawnImage = await drawn(image, [
      found('dog', 0.9, 700, 10, 900, 50),
      found('dog', 0.9, 50, 50, 50, 90),
      found('dog', 0.9, Number.NaN, 50, 80, 90),
    ]);
    expect(drawnImage.data).toEqual(image.data);
  });

  test('any label can be drawn', async () => {
    const labels = ['', '猫 🐱', 'line\nbreak', 'x'.repeat(5000), '\u0000', '\ud800'];
    const detections = labels.map((label, i) => found(label, 0.5, 10 * i, 10, 200, 200));
    const image = await drawn(grey(640, 480), detections, { format: 'jpeg' });
    expect(image.width).toBe(640);
  });
});

describe('labelColours', () => {
  const labels = Array.from({ length: 30 }, (_, i) => `label ${i}`);

  test('30 labels have 30 colours', () => {
    expect(new Set([...labelColours(labels).values()].map(String)).size).toBe(30);
    expect(labelColours(Array.from({ length: 100 }, (_, i) => `${i}`)).size).toBe(100);
  });

  test('a label’s colour does not depend on what else was found', () => {
    const order = ['cat', 'dog', 'bird'];
    expect(labelColours(['dog'], order).get('dog')).toEqual(
      labelColours(['bird', 'dog', 'cat', 'dog'], order).get('dog'),
    );
  });

  test('text on every colour has a contrast of 4.5 at least', () => {
    for (const colour of labelColours(labels).values()) {
      const text: Rgb = textColourOn(colour) === 'white' ? [255, 255, 255] : [0, 0, 0];
      const [dark, light] = [luminance(colour), luminance(text)].sort((a, b) => a - b);
      expect((light + 0.05) / (dark + 0.05)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
