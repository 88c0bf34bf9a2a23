import { mergeTiles, type TileView } from '../../detectors/mergeTiles.js';
import { type Candidate, postprocess } from '../../detectors/postprocess.js';
import { tilesOf } from '../../detectors/tiles.js';
import { boxArea, boxIou, clipBox, intersectionArea, type Xyxy } from '../../src/geometry/boxes.js';
import { createRandom } from '../../src/random.js';

const picture = { width: 6000, height: 4000 };
const everything: Xyxy = [0, 0, picture.width, picture.height];
const tiles = tilesOf(picture, { tileSize: 1024, overlap: 0.2 });

/** What a detector without fault finds in a part of the picture: each thing's visible part. */
function perfect(rect: Xyxy, things: readonly Candidate[]): Candidate[] {
  const [left, top, right, bottom] = rect;
  return things
    .filter(({ box }) => intersectionArea(box, rect) > 0)
    .map((thing) => {
      const [x1, y1, x2, y2] = thing.box;
      const moved: Xyxy = [x1 - left, y1 - top, x2 - left, y2 - top];
      return { ...thing, box: clipBox(moved, right - left, bottom - top) };
    });
}

const seen = (rects: readonly Xyxy[], things: readonly Candidate[]): TileView<Candidate>[] =>
  rects.map((rect) => ({ rect, detections: perfect(rect, things) }));

const inOrder = (things: readonly Candidate[]) =>
  [...things].sort((a, b) => a.box[0] - b.box[0] || a.box[1] - b.box[1] || b.score - a.score);

const at = (box: Xyxy, score = 0.9, label = 'car'): Candidate => ({ label, score, box });
const square = (x: number, y: number, side = 40): Xyxy => [x, y, x + side, y + side];

/** Things of these sides anywhere, overlapping each other by no more than a third. */
function planted(count: number, least: number, most: number, seed: number): Candidate[] {
  const random = createRandom(seed);
  const things: Candidate[] = [];
  while (things.length < count) {
    const [width, height] = [0, 1].map(() => least + random.integer(most - least + 1));
    const x = random.integer(picture.width - width + 1);
    const y = random.integer(picture.height - height + 1);
    const thing = at([x, y, x + width, y + height], 0.5 + random.uniform() / 2);
    if (things.every(({ box }) => boxIou(box, thing.box) < 1 / 3)) things.push(thing);
  }
  return things;
}

describe('a detector without fault', () => {
  test('things of 40 pixels anywhere come out once, as they are', () => {
    const things = planted(800, 40, 40, 1);
    expect(inOrder(mergeTiles(seen(tiles, things), picture))).toEqual(inOrder(things));
  });

  test('so they do on the borders and corners of tiles and of the picture', () => {
    const places = tiles.flatMap(([x1, y1, x2, y2]) =>
      [x1, x2].flatMap((x) => [y1, y2].map((y) => [x, y] as const)),
    );
    const offsets = [-41, -40, -39, -38, -20, -2, -1, 0, 1];
    for (const dx of offsets) {
      for (const dy of offsets) {
        const boxes = places
          .map(([x, y]) => square(x + dx, y + dy))
          .filter(([x1, y1, x2, y2]) => x1 >= 0 && y1 >= 0 && x2 <= 6000 && y2 <= 4000);
        const things = [...new Map(boxes.map((box) => [box.join(), at(box)])).values()];
        expect(inOrder(mergeTiles(seen(tiles, things), picture))).toEqual(inOrder(things));
      }
    }
  });

  test('things of all sizes, up to as large as the picture, are put together from their parts', () => {
    const things = [...planted(60, 20, 1500, 2), at(everything, 0.7), at([900, 100, 5100, 180])];
    const apart = things.map((thing, i) => ({ ...thing, label: `${i % 20}` }));
    expect(inOrder(mergeTiles(seen(tiles, apart), picture))).toEqual(inOrder(apart));
  });

  test('with a look at the whole picture, large things come from it, once', () => {
    const things = [...planted(300, 40, 40, 3), ...planted(6, 900, 2500, 4)].map((thing, i) => ({
      ...thing,
      label: i < 300 ? 'car' : 'field',
    }));
    const large = things.slice(300).map((thing) => ({ ...thing, score: 0.51, fromWhole: true }));
    const views = [...seen(tiles, things), { rect: everything, detections: large }];
    const merged = postprocess(mergeTiles(views, picture), {
      threshold: 0.3,
      nms: 0.5,
      containment: 0.8,
    });
    expect(inOrder(merged)).toEqual(inOrder([...things.slice(0, 300), ...large]));
  });
});

test('a detector with inexact boxes and unsteady scores still finds each thing once, nearly in place', () => {
  const random = createRandom(5);
  const things = planted(400, 40, 600, 6);
  const inexact = (thing: Candidate): Candidate => {
    const [x1, y1, x2, y2] = thing.box;
    const off = (size: number) => (random.uniform() - 0.5) * 0.06 * size;
    const [width, height] = [x2 - x1, y2 - y1];
    return {
      ...thing,
      score: 0.4 + random.uniform() * 0.6,
      box: [x1 + off(width), y1 + off(height), x2 + off(width), y2 + off(height)],
    };
  };
  // Slivers are not found.
  const visible = ({ box }: Candidate) => Math.min(box[2] - box[0], box[3] - box[1]) > 12;
  const views = seen(tiles, things).map(({ rect, detections }) => ({
    rect,
    detections: detections.filter(visible).map(inexact),
  }));
  const merged = postprocess(mergeTiles(views, picture), { threshold: 0.3, nms: 0.5 });
  const matches = things.map(({ box }) => merged.filter((found) => boxIou(found.box, box) > 0.75));
  const once = matches.filter(({ length }) => length === 1).length;
  expect(once).toBeGreaterThanOrEqual(396);
  expect(Math.abs(merged.length - things.length)).toBeLessThanOrEqual(4);
});

describe('by hand', () => {
  // Two tiles side by side with 200 pixels in common.
  const wide = { width: 1800, height: 1000 };
  const left: Xyxy = [0, 0, 1000, 1000];
  const right: Xyxy = [800, 0, 1800, 1000];
  const merge = (inLeft: Candidate[], inRight: Candidate[]) =>
    mergeTiles(
      [
        { rect: left, detections: inLeft },
        { rect: right, detections: inRight },
      ],
      wide,
    );

  test('a part goes when the other tile sees the whole, however well it scores', () => {
    const part = at([960, 100, 1000, 200], 0.95);
    expect(merge([part], [at([160, 100, 260, 200], 0.5)])).toEqual([
      at([960, 100, 1060, 200], 0.5),
    ]);
  });

  test('so does a part that is badly placed inside the whole', () => {
    const part = at([960, 100, 1000, 140], 0.95);
    expect(merge([part], [at([160, 100, 260, 200], 0.5)]).length).toBe(1);
  });

  test('of two tiles that see the whole the better decides, by its worth where it has one', () => {
    const [one, other] = [at([850, 100, 950, 200], 0.7), at([52, 100, 152, 200], 0.8)];
    expect(merge([one], [other])).toEqual([at([852, 100, 952, 200], 0.8)]);
    expect(merge([{ ...one, worth: 0.7 }], [{ ...other, worth: 0.6 }])).toEqual([
      { ...one, worth: 0.7 },
    ]);
  });

  test('parts that continue each other become one box with the better score', () => {
    const merged = merge([at([500, 100, 1000, 300], 0.6)], [at([0, 104, 450, 310], 0.8)]);
    expect(merged).toEqual([at([500, 100, 1250, 310], 0.8)]);
  });

  test('neighbours that both reach across the border stay two', () => {
    const merged = merge(
      [at([500, 100, 1000, 300]), at([500, 320, 1000, 520])],
      [at([0, 100, 450, 300]), at([0, 320, 450, 520])],
    );
    expect(merged.map(({ box }) => box)).toEqual([
      [500, 100, 1250, 300],
      [500, 320, 1250, 520],
    ]);
  });

  test('a part that no other tile found stays as it is', () => {
    const part = at([960, 100, 1000, 200]);
    expect(merge([part], [])).toEqual([part]);
  });

  test('labels do not touch each other', () => {
    const part = at([960, 100, 1000, 200], 0.9, 'wheel');
    const whole = at([160, 100, 260, 200], 0.5, 'car');
    expect(merge([part], [whole]).length).toBe(2);
  });

  test('boxes that reach out of their tile are cut to it', () => {
    const [{ box }] = merge([at([-5, -5, 50, 50])], []);
    expect(box).toEqual([0, 0, 50, 50]);
    expect(boxArea(box)).toBe(2500);
  });
});
