import {
  boxBetween,
  handleAt,
  handles,
  moved,
  resized,
  smallestAt,
} from '../../../app/server/page/boxes.js';
import { EditedBoxes } from '../../../app/server/page/editedBoxes.js';
import { FoundThings } from '../../../app/server/page/findings.js';
import { Viewport } from '../../../app/server/page/viewport.js';

const picture = { width: 100, height: 80 };
const box = { xmin: 10, ymin: 20, xmax: 40, ymax: 60 };

describe('boxes stay in the picture', () => {
  test('when drawn', () => {
    const drawn = boxBetween({ x: 50.4, y: -5 }, { x: -3, y: 90 }, picture);
    expect(drawn).toEqual({ xmin: 0, ymin: 0, xmax: 50, ymax: 80 });
  });

  test('when moved, with their size', () => {
    expect(moved(box, -100, 100, picture)).toEqual({ xmin: 0, ymin: 40, xmax: 30, ymax: 80 });
  });

  test('when resized, and a side does not pass the other', () => {
    const [upperLeft, , , , lowerRight] = handles;
    expect(resized(box, lowerRight, 1000, -1000, picture)).toEqual({ ...box, xmax: 100, ymax: 21 });
    expect(resized(box, upperLeft, 1000, -1000, picture)).toEqual({ ...box, xmin: 39, ymin: 0 });
  });
});

test('handles lie at corners and along sides', () => {
  expect(handleAt(box, { x: 11, y: 19 }, 3)).toEqual({ across: -1, down: -1 });
  expect(handleAt(box, { x: 25, y: 61 }, 3)).toEqual({ across: 0, down: 1 });
  expect(handleAt(box, { x: 25, y: 40 }, 3)).toBeUndefined();
  expect(handleAt(box, { x: 50, y: 40 }, 3)).toBeUndefined();
});

test('of boxes that lie in each other the smallest is meant', () => {
  const inner = { key: 1, box: { xmin: 20, ymin: 30, xmax: 30, ymax: 40 } };
  const boxes = [{ key: 0, box }, inner];
  expect(smallestAt(boxes, { x: 25, y: 35 })).toBe(inner);
  expect(smallestAt(boxes, { x: 12, y: 22 })?.key).toBe(0);
  expect(smallestAt(boxes, { x: 1, y: 1 })).toBeUndefined();
});

test('changes are taken back one by one, and are no changes when all are', () => {
  const edits = new EditedBoxes([{ label: 'a', score: 0.5, box }]);
  const key = edits.add('b', box);
  edits.change(key, { label: 'c' });
  edits.acceptAll();
  edits.remove(0);
  expect(edits.boxes).toEqual([{ key, label: 'c', box }]);
  for (let i = 0; i < 9; i++) edits.undo();
  expect(edits.boxes).toEqual([{ key: 0, label: 'a', score: 0.5, box }]);
  expect(edits.isChanged).toBe(false);
  edits.redo();
  expect([edits.isChanged, edits.canUndo, edits.canRedo]).toEqual([true, true, true]);
  edits.accept(0);
  expect(edits.boxes[0].score).toBeUndefined();
  expect(edits.canRedo).toBe(false);
});

test('a box found again keeps its key, and labels taken back are not shown', () => {
  const found = new FoundThings();
  found.threshold = 0.4;
  found.labels = ['a', 'b'];
  found.detections = [
    { label: 'a', score: 0.9, box },
    { label: 'b', score: 0.5, box },
    { label: 'b', score: 0.3, box },
  ];
  const [first] = found.boxes;
  expect([found.boxes.length, found.below, found.summary]).toEqual([2, 1, '2 found: 1 a, 1 b']);
  found.labels = ['a'];
  found.detections = [{ label: 'a', score: 0.9, box: { ...box, xmin: 10.2 } }];
  expect(found.boxes.map(({ key }) => key)).toEqual([first.key]);
  expect([found.below, found.summary]).toEqual([0, '1 found: 1 a']);
});

test('zooming keeps what is under the pointer, and the picture on the stage', () => {
  const view = new Viewport();
  view.resize({ width: 200, height: 200 });
  view.fit(picture);
  expect([view.scale, view.x, view.y, view.isZoomed]).toEqual([2, 0, 20, false]);
  const pointer = { x: 150, y: 100 };
  const before = view.toPicture(pointer);
  view.zoom(2, pointer);
  expect(view.toPicture(pointer)).toEqual(before);
  view.pan(1000, 1000);
  expect([view.x, view.y]).toEqual([0, 0]);
  view.zoom(0.01);
  expect([view.scale, view.x, view.y]).toEqual([2, 0, 20]);
});
