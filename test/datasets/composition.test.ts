import { createCanvas } from 'canvas';
import { things } from '../../datasets/scenes/catalogue.js';
import { Composition, visibleAlpha } from '../../datasets/scenes/composition.js';
import { paintObject } from '../../datasets/scenes/paint.js';
import type { Painted } from '../../datasets/scenes/painted.js';
import { createRandom } from '../../src/random.js';

function block(width: number, height: number): Painted {
  return { width, height, data: new Uint8ClampedArray(width * height * 4).fill(255) };
}

function white(width: number, height: number) {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  return canvas;
}

describe('what can be seen', () => {
  test('is the part inside the picture', () => {
    const composition = new Composition(white(20, 10));
    composition.add(block(8, 4), -2, 7);
    expect(composition.visible()).toEqual([{ pixels: 18, share: 18 / 32, box: [0, 7, 6, 10] }]);
  });

  test('is what later drawings and scenery leave', () => {
    const composition = new Composition(white(20, 20));
    composition.add(block(10, 10), 0, 0);
    expect(composition.leastVisible(block(5, 10), 5, 0)).toBe(0.5);
    composition.add(block(5, 10), 5, 0);
    composition.addScenery(block(20, 2), 0, 0);
    const [first, second] = composition.visible();
    expect(first).toEqual({ pixels: 40, share: 0.4, box: [0, 2, 5, 10] });
    expect(second).toEqual({ pixels: 40, share: 0.8, box: [5, 2, 10, 10] });
  });
});

test('the box of a drawn object bounds its visible pixels', async () => {
  const thing = things.find(({ name }) => name === 'elephant')!;
  for (const attributes of [
    {},
    { colour: 'green' },
    { outline: 'black' },
    { pattern: 'spotted' },
  ]) {
    const random = createRandom('box');
    const drawing = await paintObject({ thing, style: 'noto', attributes, extent: 40, random });
    const composition = new Composition(white(64, 64));
    composition.add(drawing, 11, 13);
    const [xmin, ymin, xmax, ymax] = composition.visible()[0].box;
    const columns: number[] = [];
    const rows: number[] = [];
    for (let i = 0; i < drawing.data.length / 4; i++) {
      if (drawing.data[4 * i + 3] < visibleAlpha) continue;
      columns.push(11 + (i % drawing.width));
      rows.push(13 + Math.floor(i / drawing.width));
    }
    expect([xmin, xmax]).toEqual([Math.min(...columns), Math.max(...columns) + 1]);
    expect([ymin, ymax]).toEqual([Math.min(...rows), Math.max(...rows) + 1]);
    const { data } = composition.image();
    const strays = data.findIndex((value, i) => {
      const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 3 / 64)];
      // Beyond the box there is at most the faint rim of the drawing.
      return (x < xmin || x >= xmax || y < ymin || y >= ymax) && value < 255 - visibleAlpha;
    });
    expect(strays).toBe(-1);
    const border = 'outline' in attributes ? 5 : 0;
    expect(Math.max(xmax - xmin, ymax - ymin)).toBeGreaterThan(36);
    expect(Math.max(xmax - xmin, ymax - ymin)).toBeLessThanOrEqual(41 + border);
  }
});
