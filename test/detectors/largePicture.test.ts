import type { Detection } from '../../detectors/detector.js';
import { parseDetectorSettings } from '../../detectors/settings.js';
import { boxIou, boxToXyxy, type Xyxy } from '../../src/geometry/boxes.js';
import { createRandom } from '../../src/random.js';
import { type Colour, ColourFeatures, colours } from './colourFeatures.js';
import { contrastDetector } from './contrastDetector.js';

const [width, height, side] = [6000, 4000, 40];
const kinds = ['red', 'green', 'blue'] as const;

interface Thing {
  colour: Colour;
  box: Xyxy;
}

/** Things of 40 pixels all over a large picture, some of them on the borders of tiles, a few close together. */
function drawThings(): Thing[] {
  const random = createRandom(5);
  const corners: [number, number][] = [
    ...[0, 1, 2].map((i): [number, number] => [i * (side + 30), 0]),
    // Tiles of 512 pixels begin every 392 pixels and a little.
    ...[392, 512, 784].map((x, i): [number, number] => [x - side / 2, 300 + 100 * i]),
    [width - side, height - side],
  ];
  while (corners.length < 50) {
    const x = random.integer(width - side);
    const y = random.integer(height - side);
    const free = corners.every(([a, b]) => Math.max(Math.abs(a - x), Math.abs(b - y)) > side + 30);
    if (free) corners.push([x, y]);
  }
  return corners.map(([x, y], i) => ({
    colour: kinds[i % kinds.length],
    box: [x, y, x + side, y + side],
  }));
}

function paint(things: readonly Thing[]) {
  const data = new Uint8Array(width * height * 3).fill(colours.ground[0]);
  for (const { colour, box } of things) {
    for (let y = box[1]; y < box[3]; y++) {
      for (let x = box[0]; x < box[2]; x++) data.set(colours[colour], 3 * (y * width + x));
    }
  }
  return { width, height, data };
}

/** Of each thing, how many detections of its colour fit it. */
const hits = (things: readonly Thing[], found: readonly Detection[]) =>
  things.map(
    ({ colour, box }) =>
      found.filter(
        (detection) => detection.label === colour && boxIou(boxToXyxy(detection.box), box) > 0.75,
      ).length,
  );

test('tiles find things of 40 pixels in 6000 × 4000, each once, where they are', async () => {
  const settings = parseDetectorSettings({
    ...{ contrastVocabulary: ['ground', ...kinds], templates: ['{}'], scales: [1], nms: 0.5 },
  });
  const detector = contrastDetector(new ColourFeatures(), settings);
  const things = drawThings();
  const image = paint(things);
  const found = await detector.detect(image, [...kinds], { tiles: { size: 512, overlap: 0.2 } });
  expect(hits(things, found)).toEqual(things.map(() => 1));
  expect(found).toHaveLength(things.length);
  const without = await detector.detect(image, [...kinds]);
  expect(hits(things, without).filter((count) => count > 0).length).toBeLessThan(5);
});
