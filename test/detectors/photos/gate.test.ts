import { gated } from '../../../detectors/photos/gate.js';

const gate = { threshold: 0.4, rank: 10, names: 1000 };

test('a score stays where fewer names than the rank fit better', () => {
  for (const better of [0, 3, 9]) expect(gated(0.9, better, gate)).toBe(0.9);
});

test('otherwise it falls below the threshold, the further the more fit better, and never below 0', () => {
  let last = gate.threshold;
  for (const better of [10, 11, 50, 300, 1000]) {
    const score = gated(0.9, better, gate);
    expect(score).toBeLessThan(last);
    last = score;
  }
  expect(last).toBeCloseTo(0, 9);
  // A hundred names are as far from ten as from a thousand.
  expect(gated(0.9, 99, gate)).toBeCloseTo(0.2, 3);
});

test('a low score is not raised', () => {
  expect(gated(0.05, 20, gate)).toBe(0.05);
});
