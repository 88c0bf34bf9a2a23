import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { CocoDataset } from '../../../datasets/coco.js';
import type { CocoResults } from '../../../datasets/cocoResults.js';
import { rescoreResults } from '../../../detectors/rescore/rescoreResults.js';
import type { Rescorer } from '../../../detectors/rescore/rescorer.js';
import type { Xyxy } from '../../../src/geometry/boxes.js';
import { OrientationCounts } from '../../../src/images/orientation.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-rescore-'));
afterAll(() => rmSync(folder, { recursive: true }));

const listed = (id: number, file: string) => ({ id, file, width: 40, height: 20, boxes: [] });
const dataset: CocoDataset = {
  file: 'val.json',
  images: [listed(5, 'a.png'), listed(2, 'b.png'), listed(9, 'missing.png')],
  categories: [
    { id: 70, name: 'cat' },
    { id: 30, name: 'dog' },
  ],
};

beforeAll(async () => {
  for (const name of ['a.png', 'b.png', 'turned.png']) {
    const [width, height] = name === 'turned.png' ? [20, 40] : [40, 20];
    await sharp({ create: { width, height, channels: 3, background: 'red' } })
      .png()
      .toFile(join(folder, name));
  }
});

/** Takes boxes that begin on the left for cats, and the others for dogs; halves confidences. */
function leftIsCat() {
  const asked: (readonly Xyxy[])[] = [];
  const rescorer: Pick<Rescorer, 'sight' | 'score'> = {
    sight: () => ({ imageSize: 16, patchSize: 4, scales: [1], keepsImage: false }),
    score: async (_, boxes, confidences) => {
      asked.push(boxes);
      return boxes.map(([x1], region) => ({
        region,
        class: x1 < 20 ? 0 : 1,
        score: confidences[region] / 2,
      }));
    },
  };
  return { rescorer, asked };
}

function results(...rows: [image: number, box: number[], score: number][]): CocoResults {
  return {
    count: rows.length,
    imageIds: Float64Array.from(rows, ([image]) => image),
    categoryIds: new Float64Array(rows.length).fill(1),
    boxes: Float64Array.from(rows.flatMap(([, box]) => box)),
    scores: Float64Array.from(rows, ([, , score]) => score),
  };
}

test('results keep their order and boxes; those outside their pictures go', async () => {
  const { rescorer, asked } = leftIsCat();
  const given = results(
    [2, [30, 5, 20, 10], 0.8],
    [5, [0, 0, 10, 10], 0.5],
    [2, [50, 0, 5, 5], 1],
    [2, [-4, 2, 8, 8], 0.25],
  );
  const told: number[][] = [];
  const found = await rescoreResults(rescorer, dataset, given, folder, {
    onPicture: (done, total) => told.push([done, total]),
  });
  expect(asked).toEqual([
    [[0, 0, 10, 10]],
    [
      [30, 5, 40, 15],
      [0, 2, 4, 10],
    ],
  ]);
  expect(found).toEqual({
    count: 3,
    imageIds: Float64Array.of(2, 5, 2),
    categoryIds: Float64Array.of(30, 70, 70),
    boxes: Float64Array.of(30, 5, 20, 10, 0, 0, 10, 10, -4, 2, 8, 8),
    scores: Float64Array.of(0.4, 0.25, 0.125),
  });
  expect(told).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
});

test('boxes that become one category can be made one', async () => {
  const { rescorer } = leftIsCat();
  const box = [19, 0, 10, 10];
  const given = results([5, box, 0.5], [5, [21, 0, 10, 10], 0.6], [5, box, 0.75], [2, box, 0.1]);
  const found = await rescoreResults(rescorer, dataset, given, folder, { nms: 0.6 });
  expect([...found.scores]).toEqual([0.3, 0.375, 0.05]);
});

test('a picture is taken the way round that its listed size fits', async () => {
  const create = { width: 20, height: 40, channels: 3, background: 'red' } as const;
  const stored = join(folder, 'orientation.png');
  await sharp({ create }).withMetadata({ orientation: 6 }).png().toFile(stored);
  const { rescorer, asked } = leftIsCat();
  const orientations = new OrientationCounts();
  const image = listed(5, 'orientation.png');
  for (const size of [
    { width: 40, height: 20 },
    { width: 20, height: 40 },
    { width: undefined, height: undefined },
  ]) {
    const sized = { ...dataset, images: [{ ...image, ...size }] };
    const given = results([5, [0, 0, 99, 99], 1]);
    await rescoreResults(rescorer, sized, given, folder, { orientations });
  }
  expect(asked.map(([box]) => box)).toEqual([
    [0, 0, 40, 20],
    [0, 0, 20, 40],
    [0, 0, 40, 20],
  ]);
  expect([orientations.shown.size, orientations.stored.size]).toEqual([1, 1]);
});

test('pictures that are not there, or not of their size', async () => {
  const { rescorer } = leftIsCat();
  const run = (image: number, data = dataset) =>
    rescoreResults(rescorer, data, results([image, [0, 0, 9, 9], 1]), folder);
  await expect(run(9)).rejects.toThrow('missing.png');
  const turned = { ...dataset, images: [listed(5, 'turned.png')] };
  await expect(run(5, turned)).rejects.toThrow(
    'turned.png has 20 × 40 pixels, but val.json lists it with 40 × 20',
  );
});
