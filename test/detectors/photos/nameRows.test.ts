import { nameRow } from '../../../detectors/photos/nameRows.js';
import { createRandom } from '../../../src/random.js';
import { unitVectors } from '../../../src/unitVectors.js';

const random = createRandom('names');
const [width, classes, boxClasses] = [13, 9, 4];
const draw = (count: number) =>
  unitVectors(
    Float32Array.from({ length: count * width }, () => random.normal()),
    width,
  );
const anchors = draw(classes);
const { exp, sqrt, max } = Math;

test('a row is exp(τ (cosine − 1)), scaled to 1 and, for comparisons, by the root of its sum', () => {
  const text = draw(1);
  const cosines = Array.from({ length: classes }, (_, row) =>
    text.reduce((sum, value, i) => sum + value * anchors[row * width + i], 0),
  );
  const f = cosines.map((cosine) => exp(6 * (cosine - 1)));
  const sum = f.reduce((a, b) => a + b);
  const row = nameRow(text, anchors, { sharpness: 6, boxClasses });
  f.forEach((value, i) => {
    expect(row.likeness[i]).toBeCloseTo(value / max(...f), 5);
    expect(row.likeness[i] * row.ranking).toBeCloseTo(value / sqrt(sum), 5);
  });
  expect(row.cosine).toBeCloseTo(max(...cosines), 5);
  expect(cosines[row.nearest]).toBe(max(...cosines));
  expect(row.mostOfCrop).toBe(max(...row.likeness.subarray(boxClasses)));
});

test('the name of a class is like itself most', () => {
  const own = anchors.slice(5 * width, 6 * width);
  const row = nameRow(own, anchors, { sharpness: 6, boxClasses });
  expect(row).toMatchObject({ nearest: 5, cosine: expect.closeTo(1, 5), mostOfCrop: 1 });
  expect(row.likeness[5]).toBe(1);
});
