import { features } from '../../../detectors/features.js';
import { DenseProposer } from '../../../detectors/proposals/dense.js';

/**
 * A map with the features named by one letter a cell: `.` is [1, 0, 0]; `a` adds [0, 1, 0], `b` [0, 0, 1].
 */
function proposerOf(...lines: string[]): DenseProposer {
  const vectors: Record<string, number[]> = { '.': [1, 0, 0], a: [0.3, 1, 0], b: [0.3, 0, 1] };
  const values = lines.flatMap((line) => line.split('').flatMap((letter) => vectors[letter]));
  return new DenseProposer({
    features: features(Float32Array.from(values), 3),
    rows: lines.length,
    columns: lines[0].length,
  });
}

const towards = (...vectors: number[][]) => features(Float32Array.from(vectors.flat()), 3);
const a = [-1, 1, 0];
const b = [-1, 0, 1];

describe('dense proposals', () => {
  const picture = proposerOf('........', '.aaa....', '.aaa..bb', '......bb', '......bb');

  test('the first is the thing that was looked for', () => {
    expect(picture.propose(towards(a), 5)[0].box).toEqual([1, 1, 4, 3]);
    expect(picture.propose(towards(b), 5)[0].box).toEqual([6, 2, 8, 5]);
  });

  test('of several directions the best counts', () => {
    const boxes = picture.propose(towards(a, b), 2).map(({ box }) => box);
    expect(boxes).toContainEqual([1, 1, 4, 3]);
    expect(boxes).toContainEqual([6, 2, 8, 5]);
  });

  test('two of a kind are both found, though one is larger', () => {
    const pair = proposerOf('aa......', 'aa......', '....aaaa', '....aaaa', '....aaaa');
    const boxes = pair.propose(towards(a), 2).map(({ box }) => box);
    expect(boxes).toContainEqual([0, 0, 2, 2]);
    expect(boxes).toContainEqual([4, 2, 8, 5]);
  });

  test('its enclosure tells boxes that fit from others', () => {
    const [{ box, enclosure }] = picture.propose(towards(a), 1);
    expect(enclosure.of(box)).toBeCloseTo(1, 5);
    expect(enclosure.of([1, 1, 3, 3])).toBeLessThan(0.7);
    expect(enclosure.of([0, 0, 6, 5])).toBeLessThan(0.5);
  });

  test('where nothing points there, nothing is proposed', () => {
    expect(proposerOf('....', '....', '....').propose(towards(a), 5)).toEqual([]);
  });

  test('a map without content is no error', () => {
    const nothing = new DenseProposer({
      features: features(new Float32Array(12), 3),
      rows: 2,
      columns: 2,
    });
    expect(nothing.propose(towards(a), 5)).toEqual([]);
  });
});
