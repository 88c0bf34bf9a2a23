import {
  boxArea,
  boxContainment,
  boxIou,
  clipBox,
  scaleBox,
  xywhToXyxy,
  xyxyToXywh,
} from '../../src/geometry/boxes.js';

test('xywh and xyxy are each other’s inverse', () => {
  expect(xyxyToXywh([1, 2, 4, 8])).toEqual([1, 2, 3, 6]);
  expect(xywhToXyxy([1, 2, 3, 6])).toEqual([1, 2, 4, 8]);
});

test('overlap measures', () => {
  expect(boxIou([0, 0, 2, 2], [1, 0, 3, 2])).toBeCloseTo(1 / 3, 12);
  expect(boxContainment([0, 0, 4, 4], [1, 1, 2, 2])).toBe(1);
  expect(boxIou([0, 0, 0, 0], [0, 0, 0, 0])).toBe(0);
  expect(boxArea([3, 0, 1, 5])).toBe(0);
});

test('boxes are clipped and scaled per axis', () => {
  expect(clipBox([-1, 2, 30, 40], 20, 10)).toEqual([0, 2, 20, 10]);
  expect(scaleBox([1, 1, 2, 2], 10, 100)).toEqual([10, 100, 20, 200]);
});
