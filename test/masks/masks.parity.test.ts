import { boxOverlap, type Overlap } from '../../eval/coco/boxOverlap.js';
import { maskOverlap } from '../../eval/coco/maskOverlap.js';
import {
  compressCounts,
  decodeMask,
  decompressCounts,
  encodeMask,
  intersectMasks,
  maskArea,
  maskBox,
  maskOfBox,
  maskOfCounts,
  maskOfPolygon,
  maskOfSegmentation,
  type RunLengthMask,
  uniteMasks,
} from '../../src/masks/index.js';
import { goldenJson } from '../golden.js';

/** What pycocotools writes. */
interface Stored {
  size: [number, number];
  counts: string;
}

interface Overlaps<T> {
  dt: T[];
  gt: T[];
  iscrowd: number[];
  iou: number[][];
  iouNoCrowd: number[][];
}

type Box = [number, number, number, number];

interface Golden {
  encodeDecode: {
    name: string;
    height: number;
    width: number;
    rows: string[];
    counts: number[];
    rle: Stored;
    area: number;
    bbox: Box;
  }[];
  countsToString: {
    name: string;
    size: [number, number];
    counts: number[];
    rle: Stored;
    area: number;
    bbox: Box;
  }[];
  polygons: {
    name: string;
    input: number[][];
    height: number;
    width: number;
    rles: Stored[];
    merged: Stored;
    counts: number[];
    area: number;
    bbox: Box;
  }[];
  boxes: {
    input: Box;
    height: number;
    width: number;
    rle: Stored;
    counts: number[];
    area: number;
  }[];
  maskIou: Overlaps<Stored>;
  boxIou: Overlaps<Box>;
  maskMerge: {
    cases: {
      indices: number[];
      union: Stored;
      intersection: Stored;
      unionCounts: number[];
      intersectionCounts: number[];
      unionArea: number;
      intersectionArea: number;
    }[];
  };
}

const golden = goldenJson<Golden>('coco-eval', 'mask-goldens.json.gz');

const stored = ({ height, width, counts }: RunLengthMask): Stored => ({
  size: [height, width],
  counts: compressCounts(counts),
});
const read = (segmentation: Stored) => maskOfSegmentation(segmentation, { height: 0, width: 0 });

test.each(golden.encodeDecode.map((mask) => [mask.name, mask] as const))('%s', (_, mask) => {
  const { height, width, rows } = mask;
  const pixels = Array.from({ length: width }, (_column, x) => rows.map((row) => Number(row[x])));
  const encoded = encodeMask(pixels.flat(), height, width);
  expect([...encoded.counts]).toEqual(mask.counts);
  expect(stored(encoded)).toEqual(mask.rle);
  expect([...decodeMask(read(mask.rle))]).toEqual(pixels.flat());
  expect(maskArea(encoded)).toBe(mask.area);
  expect(maskBox(encoded)).toEqual(mask.bbox);
});

test.each(golden.countsToString.map((mask) => [mask.name, mask] as const))('%s', (_, mask) => {
  expect(compressCounts(mask.counts)).toBe(mask.rle.counts);
  expect(decompressCounts(mask.rle.counts)).toEqual(mask.counts);
  const read = maskOfCounts(mask.counts, ...mask.size);
  expect(maskArea(read)).toBe(mask.area);
  expect(maskBox(read)).toEqual(mask.bbox);
});

test.each(golden.polygons.map((mask) => [mask.name, mask] as const))('%s', (_, mask) => {
  const { input, height, width } = mask;
  expect(input.map((corners) => stored(maskOfPolygon(corners, height, width)))).toEqual(mask.rles);
  const whole = maskOfSegmentation(input, { height, width });
  expect([...whole.counts]).toEqual(mask.counts);
  expect(stored(whole)).toEqual(mask.merged);
  expect(maskArea(whole)).toBe(mask.area);
  expect(maskBox(whole)).toEqual(mask.bbox);
});

test.each(golden.boxes.map((box) => [box.input.join(', '), box] as const))('box %s', (_, box) => {
  const mask = maskOfBox(box.input, box.height, box.width);
  expect([...mask.counts]).toEqual(box.counts);
  expect(stored(mask)).toEqual(box.rle);
  expect(maskArea(mask)).toBe(box.area);
});

describe('overlaps', () => {
  const table = (overlap: Overlap, found: number, objects: number) => {
    const rows = (to: number) => ({ rows: Uint32Array.from(Array(to).keys()), from: 0, to });
    const target = new Float64Array(found * objects);
    overlap.fill(rows(found), rows(objects), target);
    return Array.from({ length: found }, (_, d) => [
      ...target.subarray(d * objects, (d + 1) * objects),
    ]);
  };

  test.each(['iou', 'iouNoCrowd'] as const)('of masks: %s', (which) => {
    const { dt, gt, iscrowd, [which]: expected } = golden.maskIou;
    const crowds = iscrowd.map((crowd) => (which === 'iou' ? crowd : 0));
    const overlap = maskOverlap(gt.map(read), crowds, dt.map(read), () => 0);
    expect(table(overlap, dt.length, gt.length)).toEqual(expected);
  });

  test.each(['iou', 'iouNoCrowd'] as const)('of boxes: %s', (which) => {
    const { dt, gt, iscrowd, [which]: expected } = golden.boxIou;
    const crowds = iscrowd.map((crowd) => (which === 'iou' ? crowd : 0));
    const columns = (boxes: Box[]) => {
      const zeros = new Float64Array(boxes.length);
      const ids = { imageIds: zeros, categoryIds: zeros };
      return { count: boxes.length, ...ids, boxes: boxes.flat(), scores: zeros };
    };
    const truth = { ...columns(gt), images: [0], categories: [0], areas: [], crowds };
    expect(table(boxOverlap(truth, columns(dt)), dt.length, gt.length)).toEqual(expected);
  });
});

test.each(golden.maskMerge.cases.map((merged) => [merged.indices.join(), merged] as const))(
  'masks %s together',
  (_, merged) => {
    const masks = merged.indices.map((index) => read(golden.maskIou.dt[index]));
    const [union, common] = [uniteMasks(masks), intersectMasks(masks)];
    expect([...union.counts]).toEqual(merged.unionCounts);
    expect([...common.counts]).toEqual(merged.intersectionCounts);
    expect([stored(union), stored(common)]).toEqual([merged.union, merged.intersection]);
    expect([maskArea(union), maskArea(common)]).toEqual([
      merged.unionArea,
      merged.intersectionArea,
    ]);
  },
);
