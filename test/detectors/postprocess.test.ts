import fc from 'fast-check';
import { type Candidate, postprocess } from '../../detectors/postprocess.js';
import { checkThresholds } from '../../detectors/thresholds.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { createRandom } from '../../src/random.js';

const at = (label: string, score: number, box: Xyxy): Candidate => ({ label, score, box });
const base = { threshold: 0.1, nms: 0.5 };
const square = (x: number): Xyxy => [x, 0, x + 10, 10];

test('duplicates of a label go, the better one stays; results come by falling score', () => {
  const cat = at('cat', 0.5, square(1));
  const dog = at('dog', 0.8, square(0));
  const better = at('cat', 0.9, square(0));
  expect(postprocess([cat, dog, better], base)).toEqual([better, dog]);
});

test('what else a candidate carries stays', () => {
  expect(postprocess([{ ...at('cat', 0.9, square(0)), view: 3 }], base)).toEqual([
    { label: 'cat', score: 0.9, box: square(0), view: 3 },
  ]);
});

test('a box inside a better one goes, with a containment limit', () => {
  const whole = at('cat', 0.9, [0, 0, 30, 30]);
  const part = at('cat', 0.8, square(5));
  expect(postprocess([whole, part], base)).toEqual([whole, part]);
  for (const method of ['hard', 'linear', 'gaussian'] as const) {
    expect(postprocess([whole, part], { ...base, method, containment: 0.8 })).toEqual([whole]);
  }
});

test('soft suppression lowers scores, and what falls below the threshold goes', () => {
  const best = at('cat', 0.9, square(0));
  const near = at('cat', 0.8, square(2));
  const overlap = 8 / 12;
  const [kept, lowered] = postprocess([near, best], { ...base, method: 'linear' });
  expect(kept).toEqual(best);
  expect(lowered).toEqual({ ...near, score: expect.closeTo(0.8 * (1 - overlap)) });
  const gaussian = postprocess([near, best], { ...base, method: 'gaussian', sigma: 0.5 });
  expect(gaussian[1].score).toBeCloseTo(0.8 * Math.exp(-(overlap ** 2) / 0.5));
  expect(postprocess([near, best], { ...base, method: 'linear', threshold: 0.3 })).toEqual([best]);
});

test('worth decides between duplicates where it is given', () => {
  const coarse = { ...at('cat', 0.9, square(1)), worth: 0.5 };
  const fine = { ...at('cat', 0.85, square(0)), worth: 0.8 };
  expect(postprocess([coarse, fine], base)).toEqual([fine]);
  expect(postprocess([coarse, fine], { ...base, method: 'linear', threshold: 0.5 })).toEqual([
    fine,
  ]);
});

test('thresholds of single labels', () => {
  const found = [
    at('cat', 0.4, square(0)),
    at('dog', 0.4, square(0)),
    at('toString', 0.4, square(0)),
  ];
  const options = { ...base, threshold: 0.3, thresholds: { dog: 0.5 } };
  expect(postprocess(found, options).map(({ label }) => label)).toEqual(['cat', 'toString']);
  expect(postprocess(found, { ...base, threshold: 0.4 }).length).toBe(3);
});

test('a threshold for a label that is not asked for, or out of range, is an error', () => {
  expect(() => checkThresholds({ dgo: 0.5 }, ['cat', 'dog'])).toThrow(
    'A threshold is given for "dgo", which no prompt has as its label: the labels are "cat", "dog".',
  );
  expect(() => checkThresholds({ dog: 50 }, ['dog'])).toThrow(
    '"dog" is 50; it must be from 0 to 1',
  );
  checkThresholds({ dog: 0.5 }, ['cat', 'dog']);
});

test('across labels the best label wins, on request', () => {
  const found = [
    at('couch', 0.7, square(0)),
    at('sofa', 0.8, square(1)),
    at('cat', 0.6, square(8)),
    at('couch', 0.5, square(40)),
  ];
  expect(postprocess(found, base).length).toBe(4);
  expect(postprocess(found, { ...base, acrossLabels: 0.7 }).map(({ score }) => score)).toEqual([
    0.8, 0.6, 0.5,
  ]);
  const sameLabel = [at('cat', 0.9, square(0)), at('cat', 0.8, square(4))];
  expect(postprocess(sameLabel, { ...base, acrossLabels: 0.2 })).toEqual(sameLabel);
});

test('most boxes of a label, and of all', () => {
  const found = Array.from({ length: 20 }, (_, i) =>
    at(i % 2 ? 'cat' : 'dog', (i + 1) / 20, square(20 * i)),
  );
  for (const method of ['hard', 'linear'] as const) {
    const scores = postprocess(found, { ...base, method, maxDetections: 3, maxPerImage: 5 }).map(
      ({ score }) => score,
    );
    expect(scores).toEqual([1, 0.95, 0.9, 0.85, 0.8]);
    expect(postprocess(found, { ...base, method, maxDetections: 1 }).length).toBe(2);
  }
});

test('a label’s detections do not depend on other labels', () => {
  const box = fc
    .tuple(fc.nat(50), fc.nat(50), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }))
    .map(([x, y, width, height]): Xyxy => [x, y, x + width, y + height]);
  const candidate = fc.record({
    label: fc.constantFrom('a', 'b', 'c'),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    box,
  });
  const method = fc.constantFrom('hard' as const, 'linear' as const, 'gaussian' as const);
  fc.assert(
    fc.property(fc.array(candidate, { maxLength: 60 }), method, (candidates, chosen) => {
      const options = { ...base, method: chosen, containment: 0.8, maxDetections: 5 };
      const only = (items: Candidate[]) => items.filter(({ label }) => label === 'a');
      const alone = postprocess(only(candidates), options);
      expect(only(postprocess(candidates, options))).toEqual(alone);
    }),
  );
});

describe('time', () => {
  const random = createRandom(3);
  const anywhere = (): Xyxy => {
    const [x, y] = [random.uniform() * 1000, random.uniform() * 1000];
    return [x, y, x + 10 + random.uniform() * 50, y + 10 + random.uniform() * 50];
  };
  /** Milliseconds of this process's own: what else the machine does takes none of them. */
  const quickest = (work: () => unknown) => {
    const times = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage();
      work();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    return Math.min(...times);
  };

  test.each(['hard', 'linear', 'gaussian'] as const)(
    'grows with the number of candidates of a label, not with its square: %s',
    (method) => {
      const options = { ...base, method, threshold: 0, containment: 0.8, maxDetections: 100 };
      const timeOf = (count: number) => {
        const many = Array.from({ length: count }, () => at('cat', random.uniform(), anywhere()));
        return quickest(() => postprocess(many, options));
      };
      expect(timeOf(6000) / timeOf(1000)).toBeLessThan(18);
    },
  );

  test('1,203 labels of 300 boxes, few of which score enough', () => {
    const boxes = Array.from({ length: 300 }, anywhere);
    const many = Array.from({ length: 1203 }, (_, label) =>
      boxes.map((box) => at(`label ${label}`, random.uniform() ** 8, box)),
    ).flat();
    const options = { ...base, threshold: 0.9, maxPerImage: 300 };
    expect(quickest(() => postprocess(many, options))).toBeLessThan(500);
  });
});
