import { overlap, placeLabels } from '../../src/images/placeLabels.js';
import { createRandom } from '../../src/random.js';

const picture = { width: 640, height: 480 };
const chip = { width: 100, height: 20 };
const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

test('a label stands on its box', () => {
  expect(placeLabels([{ box: box(50, 100, 200, 200), ...chip }], picture)).toEqual([
    { x: 50, y: 80, ...chip },
  ]);
});

test('at the upper edge it goes inside, at the right edge it ends with the box', () => {
  expect(placeLabels([{ box: box(0, 0, 640, 300), ...chip }], picture)[0]).toMatchObject({
    x: 0,
    y: 0,
  });
  expect(placeLabels([{ box: box(600, 100, 30, 50), ...chip }], picture)[0]).toMatchObject({
    x: 530,
    y: 80,
  });
});

test('labels of equal boxes do not cover each other', () => {
  const places = placeLabels(
    Array.from({ length: 12 }, () => ({ box: box(200, 150, 150, 150), ...chip })),
    picture,
  );
  places.forEach((place, i) => {
    for (const other of places.slice(0, i)) expect(overlap(place, other)).toBe(0);
  });
});

test('every label is inside the picture, and few cover another', () => {
  const random = createRandom(1);
  const labels = Array.from({ length: 60 }, () => ({
    box: box(random.uniform() * 600, random.uniform() * 450, 10 + 200 * random.uniform(), 60),
    width: 60,
    height: 14,
  }));
  const places = placeLabels(labels, picture);
  const covering = places.filter((place, i) =>
    places.slice(0, i).some((other) => overlap(place, other) > 0),
  );
  expect(covering.length).toBeLessThanOrEqual(3);
  for (const { x, y, width, height } of places) {
    expect(Math.min(x, y, 640 - x - width, 480 - y - height)).toBeGreaterThanOrEqual(0);
  }
});

test('a label larger than the picture starts at its corner', () => {
  const places = placeLabels([{ box: box(5, 5, 2, 2), width: 90, height: 20 }], {
    width: 40,
    height: 10,
  });
  expect(places[0]).toMatchObject({ x: 0, y: 0 });
});
